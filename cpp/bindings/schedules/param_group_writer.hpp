#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "lrcore/schedules/any_schedule.hpp"

namespace lrcore {

/// Schedules of hyper-parameters of an optimizer's param groups, and which groups follow each.
class ParamGroupWriter {
  public:
    /// The key of a hyper-parameter, its schedule and the positions of the groups that follow it.
    using Entry = std::tuple<std::string, AnySchedule, std::vector<std::size_t>>;
    using Group = pybind11::typing::Dict<pybind11::str, pybind11::object>;
    using Groups = pybind11::typing::List<Group>;

    explicit ParamGroupWriter(const std::vector<Entry>& entries);

    /// Lets each group have the values of `step`, the learning rate `factor` times that of its
    /// schedule. Under "betas" it is the first of them. A tensor is filled in place. A schedule
    /// that has no such step, or a group or key that is not there, leaves all groups as they were.
    void write(const Groups& groups, std::int64_t step, double factor) const;

  private:
    struct Hyperparameter {
        pybind11::str key;
        AnySchedule schedule;
        std::vector<std::size_t> groups;
        bool is_lr;
        bool is_first_beta;
    };

    std::vector<Hyperparameter> hyperparameters_;
};

}  // namespace lrcore
