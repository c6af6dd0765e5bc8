#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lrcore/sgd/sgd_plan.hpp"
#include "sgd/dlpack_tensor.hpp"

namespace lrcore {

using ObjectList = pybind11::typing::List<pybind11::object>;
using PositionList = pybind11::typing::List<pybind11::int_>;

/// Tensors of one step as lists of equal length, with None for a missing tensor. Empty lists of
/// buffers, masters and averages mean None for all.
struct SgdLists {
    const ObjectList& params;
    const ObjectList& grads;
    const ObjectList& buffers;
    const ObjectList& masters;
    const ObjectList& averages;
    const PositionList& groups;
    const PositionList& first_momenta;
    const PositionList& first_averages;
};

/// Throws argument_error for lists of unequal lengths.
void check_lengths(const SgdLists& lists);

/// Replaces `held` by the items of the list; moves the previous items to `dropped` if they differ.
void hold_items(const pybind11::list& list, std::vector<pybind11::object>& held,
                std::vector<pybind11::object>& dropped);

/// Converts an item of the list `name` to an index.
std::size_t position(const char* name, pybind11::handle object);

/// Flags that are true at each of the positions.
std::vector<bool> flags(const char* name, const PositionList& positions, std::size_t size);

/// An `SgdPlan` of Python tensors. They are read before each step and kept alive until it is done.
/// Throws std::runtime_error if two threads use it at once.
class PythonSgdPlan {
  public:
    explicit PythonSgdPlan(pybind11::object to_dlpack) : reader_(std::move(to_dlpack)) {}

    /// Reads the tensors of the next step; returns the positions of those that the core cannot
    /// update, in ascending order.
    PositionList read(const SgdLists& lists);
    double grad_norm(double grad_factor, std::int64_t num_threads);
    std::size_t step(const std::vector<SgdOptions>& options);

    /// The parameters that the next step writes. The same list object while they do not change.
    ObjectList params_updated() const { return params_updated_; }

  private:
    using Objects = std::vector<pybind11::object>;

    void hold(const SgdLists& lists, Objects& dropped);
    std::vector<std::size_t> read_tensors(const SgdLists& lists);
    void leave_out(const std::vector<std::size_t>& indices, std::vector<std::size_t>& left_out);
    void note_params();
    void check_has_read() const;

    TensorReader reader_;
    SgdPlan plan_;
    std::vector<GroupedTensor> tensors_;
    std::vector<std::size_t> positions_;  // of tensors_ in the lists
    // Items of the lists of the last read. The step drops the gradients, to free their memory, and
    // the capsules.
    Objects params_, grads_, buffers_, masters_, averages_, capsules_;
    std::vector<std::size_t> groups_;
    bool has_read_ = false;
    ObjectList params_updated_;
    std::atomic<bool> is_in_use_{false};
};

}  // namespace lrcore
