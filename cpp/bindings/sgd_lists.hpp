#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <cstddef>
#include <vector>

namespace lrcore {

using ObjectList = pybind11::typing::List<pybind11::object>;
using PositionList = pybind11::typing::List<pybind11::int_>;

/// What a step updates: lists of equal length with None where there is no tensor. Empty lists of
/// buffers, masters and averages stand for None throughout.
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

/// std::invalid_argument for lists of unequal lengths.
void check_lengths(const SgdLists& lists);

/// Lets `held` be the items of the list; what it held instead goes to `dropped`.
void hold_items(const pybind11::list& list, std::vector<pybind11::object>& held,
                std::vector<pybind11::object>& dropped);

/// The object as an index; `name` is the list it comes from.
std::size_t position(const char* name, pybind11::handle object);

/// true at each of the positions.
std::vector<bool> flags(const char* name, const PositionList& positions, std::size_t size);

}  // namespace lrcore
