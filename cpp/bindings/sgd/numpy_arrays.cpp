#include "sgd/numpy_arrays.hpp"

#include <optional>

#include "lrcore/support/validate.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

std::string text(py::handle object) { return py::str(object).cast<std::string>(); }

std::string type_name(py::handle object) { return text(py::type::of(object).attr("__name__")); }

const char* dtype_name(ElementType type) {
    switch (type) {
        case ElementType::float32:
            return "float32";
        case ElementType::float64:
            return "float64";
        case ElementType::float16:
            return "float16";
        default:
            return "bfloat16";
    }
}

// NumPy type numbers that pybind11 has no names for.
constexpr int numpy_half = 23;
constexpr int numpy_first_of_others = 256;

std::optional<ElementType> find_type(const py::array& array) {
    using npy = py::detail::npy_api;
    const py::dtype dtype = array.dtype();
    const int number = dtype.num();
    // NumPy itself has no bfloat16: ml_dtypes registers one, under a number that is not fixed.
    if (number >= numpy_first_of_others && text(dtype) == "bfloat16") return ElementType::bfloat16;
    if (dtype.byteorder() != '=') return std::nullopt;
    if (number == npy::NPY_FLOAT_) return ElementType::float32;
    if (number == npy::NPY_DOUBLE_) return ElementType::float64;
    if (number == numpy_half) return ElementType::float16;
    return std::nullopt;
}

}  // namespace

ArrayColumn::ArrayColumn(const char* list, const ArrayList& items) : name(list) {
    arrays.reserve(items.size());
    for (const py::handle item : items) arrays.push_back(py::reinterpret_borrow<py::object>(item));
}

void ArrayColumn::check_length(std::size_t expected) const {
    if (arrays.size() == expected) return;
    throw argument_error(name, "must hold " + std::to_string(expected) + " arrays, but got " +
                                   std::to_string(arrays.size()));
}

ElementType element_type(const py::object& object, Item item) {
    const bool is_array = py::isinstance<py::array>(object);
    const std::optional<ElementType> type =
        is_array ? find_type(py::reinterpret_borrow<py::array>(object)) : std::nullopt;
    if (type) return *type;
    throw py::type_error(item.name() +
                         " must be a float32, float64, float16 or bfloat16 NumPy array, but got " +
                         (is_array ? text(object.attr("dtype")) : type_name(object)));
}

ElementType wide_type(ElementType type) {
    return type == ElementType::float64 ? ElementType::float64 : ElementType::float32;
}

py::array array_in_place(const py::object& object, Item item, ElementType expected,
                         ElementType param_type, bool is_written) {
    if (!py::isinstance<py::array>(object)) {
        throw py::type_error(item.name() + " must be a NumPy array, but got " + type_name(object));
    }
    auto array = py::reinterpret_borrow<py::array>(object);
    if (find_type(array) != expected) {
        throw py::type_error(item.name() + " must have the dtype " + dtype_name(expected) +
                             (expected == param_type ? " of" : " beside") + " params[0], but got " +
                             text(object.attr("dtype")));
    }
    constexpr int required = py::array::c_style | py::detail::npy_api::NPY_ARRAY_ALIGNED_;
    if ((array.flags() & required) != required) {
        throw argument_error(item.name(), "must be C-contiguous and aligned");
    }
    if (is_written && !array.writeable()) {
        throw argument_error(item.name(), "must be writable");
    }
    return array;
}

}  // namespace lrcore
