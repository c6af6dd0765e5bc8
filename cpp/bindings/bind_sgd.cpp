#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "gil_release.hpp"
#include "lrcore/sgd.hpp"

namespace lrcore {

namespace py = pybind11;

/// A list of arrays, all float32 or all float64.
class ArrayList : public py::list {
    using list::list;
};

namespace {

std::string text(py::handle object) { return py::str(object).cast<std::string>(); }

std::string type_name(py::handle object) { return text(py::type::of(object).attr("__name__")); }

/// Names an argument in an error: list[index].
struct Item {
    const char* list;
    std::size_t index;

    std::string name() const { return std::string(list) + "[" + std::to_string(index) + "]"; }
};

/// The array itself, never a copy: an error for what could not be used in place.
template <class T>
py::array_t<T> in_place(const py::object& object, Item item) {
    if (!py::isinstance<py::array>(object)) {
        throw py::type_error(item.name() + " must be a NumPy array, but got " + type_name(object));
    }
    if (!py::isinstance<py::array_t<T>>(object)) {
        throw py::type_error(item.name() + " must have the dtype " + text(py::dtype::of<T>()) +
                             " of params[0], but got " + text(object.attr("dtype")));
    }
    auto array = py::reinterpret_borrow<py::array_t<T>>(object);
    constexpr int required = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    if ((array.flags() & required) != required) {
        throw std::invalid_argument(item.name() + " must be C-contiguous and aligned");
    }
    return array;
}

template <class T>
Span<const T> readable(const py::object& object, Item item) {
    const auto array = in_place<T>(object, item);
    return {array.data(), static_cast<std::size_t>(array.size())};
}

template <class T>
Span<T> writable(const py::object& object, Item item) {
    auto array = in_place<T>(object, item);
    if (!array.writeable()) throw std::invalid_argument(item.name() + " must be writable");
    return {array.mutable_data(), static_cast<std::size_t>(array.size())};
}

/// The items, owned: another thread may change the list while the GIL is released.
std::vector<py::object> items(const ArrayList& list) {
    std::vector<py::object> owned;
    owned.reserve(list.size());
    for (const py::handle item : list) owned.push_back(py::reinterpret_borrow<py::object>(item));
    return owned;
}

void check_length(const char* name, std::size_t length, std::size_t expected) {
    if (length == expected) return;
    throw std::invalid_argument(std::string(name) + " must hold " + std::to_string(expected) +
                                " arrays, but got " + std::to_string(length));
}

[[noreturn]] void reject_first(const py::object& param) {
    const bool is_array = py::isinstance<py::array>(param);
    throw py::type_error("params[0] must be a float32 or float64 NumPy array, but got " +
                         (is_array ? text(param.attr("dtype")) : type_name(param)));
}

template <class T>
void step(const std::vector<py::object>& params, const std::vector<py::object>& grads,
          const std::vector<py::object>& buffers, const SgdOptions& options) {
    std::vector<SgdTensor<T>> tensors(params.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        tensors[i].param = writable<T>(params[i], {"params", i});
        tensors[i].grad = readable<T>(grads[i], {"grads", i});
        if (!buffers.empty()) tensors[i].buffer = writable<T>(buffers[i], {"buffers", i});
    }
    // From here on only memory of arrays that this call owns a reference to is touched.
    const GilRelease unlocked;
    sgd_step(tensors, options);
}

void sgd_step_of_arrays(const ArrayList& param_list, const ArrayList& grad_list,
                        const ArrayList& buffer_list, double lr, double momentum,
                        double weight_decay, bool nesterov, std::int64_t num_threads) {
    const SgdOptions options{lr, momentum, weight_decay, nesterov, num_threads};
    check_options(options);
    const std::vector<py::object> params = items(param_list);
    const std::vector<py::object> grads = items(grad_list);
    const std::vector<py::object> buffers = items(buffer_list);
    if (params.empty()) throw std::invalid_argument("params must hold at least 1 array, but got 0");
    check_length("grads", grads.size(), params.size());
    check_length("buffers", buffers.size(), momentum > 0.0 ? params.size() : 0);
    if (py::isinstance<py::array_t<float>>(params[0])) {
        step<float>(params, grads, buffers, options);
    } else if (py::isinstance<py::array_t<double>>(params[0])) {
        step<double>(params, grads, buffers, options);
    } else {
        reject_first(params[0]);
    }
}

}  // namespace

void bind_sgd(py::module_& m) {
    m.def(
        "sgd_step", &sgd_step_of_arrays, py::arg("params"), py::arg("grads"), py::arg("buffers"),
        py::kw_only(), py::arg("lr"), py::arg("momentum"), py::arg("weight_decay"),
        py::arg("nesterov"), py::arg("num_threads") = 0,
        "One SGD update in place of all params and buffers, which are float32 or float64 arrays.");
}

}  // namespace lrcore

template <>
struct pybind11::detail::handle_type_name<lrcore::ArrayList> {
    static constexpr auto name = const_name(
        "list[numpy.typing.NDArray[numpy.float32]] | "
        "list[numpy.typing.NDArray[numpy.float64]]");
};
