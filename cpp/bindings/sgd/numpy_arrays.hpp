#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <string>
#include <vector>

#include "lrcore/sgd/sgd.hpp"

namespace lrcore {

/// A list of NumPy arrays of one dtype: float32, float64, float16 or ml_dtypes' bfloat16.
class ArrayList : public pybind11::list {
    using list::list;
};

/// An item of a list argument, named list[index] in errors.
struct Item {
    const char* list;
    std::size_t index;

    std::string name() const { return std::string(list) + "[" + std::to_string(index) + "]"; }
};

/// Owned references to the arrays of one list argument: another thread may change the list while
/// the GIL is released.
struct ArrayColumn {
    ArrayColumn(const char* list, const ArrayList& items);

    void check_length(std::size_t expected) const;

    const char* name;
    std::vector<pybind11::object> arrays;
};

/// Element type of an array; TypeError for one that the core cannot update.
ElementType element_type(const pybind11::object& array, Item item);

/// Element type of a parameter's momentum, average and master weights.
ElementType wide_type(ElementType type);

/// The array itself, never a copy; throws if it cannot be used in place.
pybind11::array array_in_place(const pybind11::object& object, Item item, ElementType expected,
                               ElementType param_type, bool is_written);

}  // namespace lrcore

template <>
struct pybind11::detail::handle_type_name<lrcore::ArrayList> {
    static constexpr auto name = const_name("list[numpy.typing.NDArray[typing.Any]]");
};
