#include "schedules/param_group_writer.hpp"

#include <pybind11/stl.h>

#include <string>

#include "bindings.hpp"
#include "schedules/any_schedule_caster.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

/// A pending write to a param group.
struct Place {
    py::dict group;
    py::handle key;
    py::object old;
    bool is_first_beta;
    py::object value;
};

py::dict group_at(const py::list& groups, std::size_t index) {
    if (index >= groups.size()) throw py::index_error("no param group " + std::to_string(index));
    const py::object group = groups[index];
    // py::dict(group) would convert anything that dict() accepts.
    if (!py::isinstance<py::dict>(group)) throw py::type_error("a param group must be a dict");
    return group;
}

py::object item(const py::dict& group, const py::str& key) {
    PyObject* found = PyDict_GetItemWithError(group.ptr(), key.ptr());
    if (found == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (found == nullptr) throw py::key_error(std::string(key));
    return py::reinterpret_borrow<py::object>(found);
}

py::tuple checked_betas(const py::object& betas) {
    const bool is_pair = py::isinstance<py::tuple>(betas) || py::isinstance<py::list>(betas);
    if (is_pair && py::len(betas) > 0) return py::tuple(betas);
    throw py::type_error("betas must be a tuple with a first one");
}

/// A tensor lr is filled in place, because compiled steps and CUDA graphs keep a reference to it.
bool filled(const py::object& old, const py::object& value) {
    if (PyFloat_Check(old.ptr()) != 0 || PyLong_Check(old.ptr()) != 0) return false;
    if (!py::hasattr(old, "fill_")) return false;
    old.attr("fill_")(value);
    return true;
}

void put_first_beta(const Place& place) {
    const py::tuple betas(place.old);
    if (filled(betas[0], place.value)) return;
    py::tuple changed(betas.size());
    changed[0] = place.value;
    for (std::size_t i = 1; i < betas.size(); ++i) changed[i] = betas[i];
    place.group[place.key] = changed;
}

void put(const Place& place) {
    if (place.is_first_beta) return put_first_beta(place);
    if (filled(place.old, place.value)) return;
    if (PyDict_SetItem(place.group.ptr(), place.key.ptr(), place.value.ptr()) != 0) {
        throw py::error_already_set();
    }
}

}  // namespace

ParamGroupWriter::ParamGroupWriter(const std::vector<Entry>& entries) {
    for (const auto& [key, schedule, groups] : entries) {
        // Interned, so that dict lookups compare by identity.
        const auto interned =
            py::reinterpret_steal<py::str>(PyUnicode_InternFromString(key.c_str()));
        hyperparameters_.push_back({interned, schedule, groups, key == "lr", key == "betas"});
    }
}

void ParamGroupWriter::write(const Groups& groups, std::int64_t step, double factor) const {
    std::vector<Place> places;
    places.reserve(groups.size());
    for (const Hyperparameter& each : hyperparameters_) {
        const double scheduled = each.schedule(step);
        const py::float_ value(each.is_lr ? factor * scheduled : scheduled);
        for (const std::size_t index : each.groups) {
            py::dict group = group_at(groups, index);
            py::object old = item(group, each.key);
            if (each.is_first_beta) old = checked_betas(old);
            places.push_back(
                {std::move(group), each.key, std::move(old), each.is_first_beta, value});
        }
    }
    for (const Place& place : places) put(place);
}

void bind_param_group_writer(py::module_& m) {
    py::class_<ParamGroupWriter>(m, "ParamGroupWriter", py::is_final(),
                                 "Writes what schedules say into an optimizer's param groups.")
        .def(py::init<const std::vector<ParamGroupWriter::Entry>&>(), py::arg("entries"))
        .def("write", &ParamGroupWriter::write, py::arg("groups"), py::arg("step"),
             py::arg("factor"));
}

}  // namespace lrcore
