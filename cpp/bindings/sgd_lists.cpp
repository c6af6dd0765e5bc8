#include "sgd_lists.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

namespace lrcore {

namespace py = pybind11;

namespace {

void check_length(const char* name, const py::list& list, std::size_t expected) {
    if (list.size() == expected) return;
    throw std::invalid_argument(std::string(name) + " must hold " + std::to_string(expected) +
                                " items, but got " + std::to_string(list.size()));
}

}  // namespace

void check_lengths(const SgdLists& lists) {
    const std::size_t expected = lists.params.size();
    check_length("grads", lists.grads, expected);
    check_length("groups", lists.groups, expected);
    if (!lists.buffers.empty()) check_length("buffers", lists.buffers, expected);
    if (!lists.masters.empty()) check_length("masters", lists.masters, expected);
    if (!lists.averages.empty()) check_length("averages", lists.averages, expected);
}

void hold_items(const py::list& list, std::vector<py::object>& held,
                std::vector<py::object>& dropped) {
    const auto is_item = [](py::handle item, const py::object& object) { return item.is(object); };
    if (list.size() == held.size() && std::equal(list.begin(), list.end(), held.begin(), is_item)) {
        return;
    }
    std::move(held.begin(), held.end(), std::back_inserter(dropped));
    held.clear();
    for (const py::handle item : list) held.push_back(py::reinterpret_borrow<py::object>(item));
}

std::size_t position(const char* name, py::handle object) {
    const std::size_t value = PyLong_AsSize_t(object.ptr());
    if (value == static_cast<std::size_t>(-1) && PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        throw std::invalid_argument(std::string(name) + " must hold integers of at least 0");
    }
    return value;
}

std::vector<bool> flags(const char* name, const PositionList& positions, std::size_t size) {
    std::vector<bool> flags(size);
    for (const py::handle object : positions) {
        const std::size_t at = position(name, object);
        if (at >= size) {
            throw std::invalid_argument(std::string(name) + " must hold positions less than " +
                                        std::to_string(size) + ", but got " + std::to_string(at));
        }
        flags[at] = true;
    }
    return flags;
}

}  // namespace lrcore
