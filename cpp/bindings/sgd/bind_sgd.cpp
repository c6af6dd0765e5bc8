#include <pybind11/stl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "lrcore/sgd/sgd.hpp"
#include "lrcore/sgd/sgd_plan.hpp"
#include "lrcore/support/validate.hpp"
#include "sgd/numpy_arrays.hpp"
#include "sgd/python_sgd_plan.hpp"
#include "support/gil_release.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

SgdOptions sgd_options(double lr, double momentum, double dampening, double weight_decay,
                       bool nesterov, bool maximize, double grad_factor,
                       const std::string& grad_after, double ema_decay, bool count_nonfinite,
                       std::int64_t num_threads) {
    constexpr std::array<const char*, 3> choices{"kept", "scaled", "zeroed"};
    const auto after = parse_choice<GradAfter>("grad_after", grad_after, choices);
    const SgdOptions options{lr,       momentum,        dampening,   weight_decay,
                             nesterov, maximize,        grad_factor, ema_decay,
                             after,    count_nonfinite, num_threads};
    check_options(options);
    return options;
}

bool is_half(ElementType type) { return type != wide_type(type); }

void fill_params(std::vector<SgdTensor>& tensors, const ArrayColumn& params, ElementType type) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        auto array = array_in_place(params.arrays[i], {"params", i}, type, type, true);
        tensors[i].type = type;
        tensors[i].size = static_cast<std::size_t>(array.size());
        tensors[i].param = array.mutable_data();
    }
}

/// Fills one field of the tensors, unless there is no array for it.
void fill(std::vector<SgdTensor>& tensors, void* SgdTensor::*field, const ArrayColumn& column,
          ElementType type, bool is_written = true) {
    for (std::size_t i = 0; i < column.arrays.size(); ++i) {
        const Item item{column.name, i};
        const auto array =
            array_in_place(column.arrays[i], item, type, tensors[i].type, is_written);
        if (static_cast<std::size_t>(array.size()) != tensors[i].size) {
            throw argument_error(item.name(), "must have the " + std::to_string(tensors[i].size) +
                                                  " elements of params[" + std::to_string(i) +
                                                  "], but got " + std::to_string(array.size()));
        }
        tensors[i].*field = const_cast<void*>(array.data());
    }
}

std::size_t step(const ArrayColumn& params, const ArrayColumn& grads, const ArrayColumn& buffers,
                 const ArrayColumn& masters, const ArrayColumn& averages, bool first,
                 const SgdOptions& options) {
    const std::size_t size = params.arrays.size();
    if (size == 0) throw argument_error("params", "must hold at least 1 array, but got 0");
    const ElementType type = element_type(params.arrays[0], {"params", 0});
    grads.check_length(size);
    buffers.check_length(options.momentum > 0.0 ? size : 0);
    masters.check_length(is_half(type) && !masters.arrays.empty() ? size : 0);
    averages.check_length(averages.arrays.empty() ? 0 : size);

    std::vector<SgdTensor> tensors(size);
    fill_params(tensors, params, type);
    fill(tensors, &SgdTensor::grad, grads, type, options.grad_after != GradAfter::kept);
    fill(tensors, &SgdTensor::buffer, buffers, wide_type(type));
    fill(tensors, &SgdTensor::master, masters, wide_type(type));
    fill(tensors, &SgdTensor::average, averages, wide_type(type));
    for (SgdTensor& tensor : tensors) tensor.first_momentum = tensor.first_average = first;
    // From here on only memory of arrays that the columns own a reference to is touched.
    const GilRelease unlocked;
    return sgd_step(tensors, options);
}

std::size_t sgd_step_of_arrays(const ArrayList& params, const ArrayList& grads,
                               const ArrayList& buffers, double lr, double momentum,
                               double dampening, double weight_decay, bool nesterov, bool maximize,
                               double grad_factor, const std::string& grad_after,
                               const ArrayList& masters, const ArrayList& averages,
                               double ema_decay, bool first, bool count_nonfinite,
                               std::int64_t num_threads) {
    const SgdOptions options =
        sgd_options(lr, momentum, dampening, weight_decay, nesterov, maximize, grad_factor,
                    grad_after, ema_decay, count_nonfinite, num_threads);
    return step({"params", params}, {"grads", grads}, {"buffers", buffers}, {"masters", masters},
                {"averages", averages}, first, options);
}

double grad_norm_of_arrays(const ArrayList& list, std::int64_t num_threads) {
    at_least(0, "num_threads", num_threads);
    const ArrayColumn grads("grads", list);
    std::vector<GroupedTensor> tensors(grads.arrays.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        SgdTensor& tensor = tensors[i].tensor;
        const ElementType type = element_type(grads.arrays[i], {"grads", i});
        const auto array = array_in_place(grads.arrays[i], {"grads", i}, type, type, false);
        tensor.type = type;
        tensor.size = static_cast<std::size_t>(array.size());
        tensor.grad = const_cast<void*>(array.data());
    }
    const GilRelease unlocked;
    SgdPlan plan;
    plan.assign({tensors.data(), tensors.size()});
    return plan.grad_norm(1.0, num_threads);
}

}  // namespace

void bind_sgd(py::module_& m) {
    py::class_<SgdOptions>(m, "SgdOptions", "The options of one update.")
        .def(py::init(&sgd_options), py::kw_only(), py::arg("lr"), py::arg("momentum") = 0.0,
             py::arg("dampening") = 0.0, py::arg("weight_decay") = 0.0, py::arg("nesterov") = false,
             py::arg("maximize") = false, py::arg("grad_factor") = 1.0,
             py::arg("grad_after") = "kept", py::arg("ema_decay") = 0.0,
             py::arg("count_nonfinite") = false, py::arg("num_threads") = 0);
    m.def("sgd_step", &sgd_step_of_arrays, py::arg("params"), py::arg("grads"), py::arg("buffers"),
          py::kw_only(), py::arg("lr"), py::arg("momentum") = 0.0, py::arg("dampening") = 0.0,
          py::arg("weight_decay") = 0.0, py::arg("nesterov") = false, py::arg("maximize") = false,
          py::arg("grad_factor") = 1.0, py::arg("grad_after") = "kept",
          py::arg("masters") = ArrayList(), py::arg("averages") = ArrayList(),
          py::arg("ema_decay") = 0.0, py::arg("first") = false, py::arg("count_nonfinite") = false,
          py::arg("num_threads") = 0,
          "One SGD update in place; returns the number of gradients inf or NaN, if counted.");
    m.def("grad_norm", &grad_norm_of_arrays, py::arg("grads"), py::kw_only(),
          py::arg("num_threads") = 0, "sqrt(sum of squares) over all arrays, in float64.");
}

namespace {

PositionList read(PythonSgdPlan& plan, const ObjectList& params, const ObjectList& grads,
                  const ObjectList& buffers, const PositionList& groups, const ObjectList& masters,
                  const ObjectList& averages, const PositionList& first_momenta,
                  const PositionList& first_averages) {
    return plan.read(
        {params, grads, buffers, masters, averages, groups, first_momenta, first_averages});
}

}  // namespace

void bind_sgd_plan(py::module_& m) {
    py::class_<PythonSgdPlan>(m, "SgdPlan", "Updates many tensors at once, step after step.")
        .def(py::init<py::object>(), py::arg("to_dlpack") = py::none())
        .def("read", &read, py::arg("params"), py::arg("grads"), py::arg("buffers"),
             py::arg("groups"), py::arg("masters"), py::arg("averages"), py::arg("first_momenta"),
             py::arg("first_averages"),
             "Takes the tensors of the next step; returns the positions that it leaves alone.")
        .def("grad_norm", &PythonSgdPlan::grad_norm, py::arg("grad_factor") = 1.0,
             py::arg("num_threads") = 0, "The norm of all gradients that were read.")
        .def("step", &PythonSgdPlan::step, py::arg("options"),
             "One update of what was read; returns the number of gradients inf or NaN.")
        .def_property_readonly("params_updated", &PythonSgdPlan::params_updated);
}

}  // namespace lrcore
