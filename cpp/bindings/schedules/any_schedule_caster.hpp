#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <utility>
#include <vector>

#include "lrcore/schedules/any_schedule.hpp"

namespace lrcore {

namespace py = pybind11;

/// Conversion between an AnySchedule and a Python object, for one class of schedule.
struct ScheduleConversion {
    std::optional<AnySchedule> (*from_python)(py::handle);  // nullopt if not of this class
    py::object (*to_python)(const AnySchedule&);            // no object if not of this class
};

/// The conversions of all bound classes; bind_schedule() adds them at import.
inline std::vector<ScheduleConversion>& schedule_conversions() {
    static std::vector<ScheduleConversion> conversions;
    return conversions;
}

template <class Schedule>
std::optional<AnySchedule> from_python(py::handle object) {
    if (!py::isinstance<Schedule>(object)) return std::nullopt;
    return AnySchedule(object.cast<const Schedule&>());
}

template <class Schedule>
py::object to_python(const AnySchedule& schedule) {
    const auto* target = schedule.target<Schedule>();
    return target == nullptr ? py::object() : py::cast(*target);
}

template <class Schedule>
void add_schedule_conversion() {
    schedule_conversions().push_back({&from_python<Schedule>, &to_python<Schedule>});
}

inline std::optional<AnySchedule> any_from_python(py::handle object) {
    for (const ScheduleConversion& conversion : schedule_conversions()) {
        if (std::optional<AnySchedule> schedule = conversion.from_python(object)) return schedule;
    }
    return std::nullopt;
}

inline py::object any_to_python(const AnySchedule& schedule) {
    for (const ScheduleConversion& conversion : schedule_conversions()) {
        if (py::object object = conversion.to_python(schedule)) return object;
    }
    throw py::cast_error("a schedule whose class has no binding");
}

}  // namespace lrcore

/// Converts an AnySchedule to the Python object of the schedule it holds, and back.
template <>
class pybind11::detail::type_caster<lrcore::AnySchedule> {
  public:
    static constexpr auto name = const_name("typing.Any");

    template <class T>
    using cast_op_type = movable_cast_op_type<T>;

    bool load(handle source, bool /*convert*/) {
        schedule_ = lrcore::any_from_python(source);
        return schedule_.has_value();
    }

    static handle cast(const lrcore::AnySchedule& schedule, return_value_policy /*policy*/,
                       handle /*parent*/) {
        return lrcore::any_to_python(schedule).release();
    }

    operator lrcore::AnySchedule*() { return &*schedule_; }
    operator lrcore::AnySchedule&() { return *schedule_; }
    operator lrcore::AnySchedule&&() && { return std::move(*schedule_); }

  private:
    std::optional<lrcore::AnySchedule> schedule_;  // as an AnySchedule is never empty
};
