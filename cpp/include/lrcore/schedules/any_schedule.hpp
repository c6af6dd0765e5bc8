#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "lrcore/schedules/schedule.hpp"

namespace lrcore {

/// A type-erased schedule, for schedules made of other schedules. Copies share the schedule inside,
/// which is immutable.
class AnySchedule {
  public:
    template <class Schedule, class = decltype(std::declval<const Schedule&>().fields())>
    AnySchedule(Schedule schedule)
        : depth_(checked_depth(schedule)),
          inside_(std::make_shared<const Holder<Schedule>>(std::move(schedule))) {}

    double operator()(std::int64_t step) const { return inside_->at(step); }

    /// One virtual call for the whole of `out`.
    friend void fill(const AnySchedule& schedule, std::int64_t start, Span<double> out) {
        schedule.inside_->write(start, out);
    }

    /// True if both hold equal schedules of the same class.
    friend bool operator==(const AnySchedule& left, const AnySchedule& right) {
        return left.inside_->equals(right);
    }

    /// The schedule inside, or nullptr if it is of another class.
    template <class Schedule>
    const Schedule* target() const {
        const auto* holder = dynamic_cast<const Holder<Schedule>*>(inside_.get());
        return holder == nullptr ? nullptr : &holder->schedule;
    }

  private:
    // Calls and destructors recurse, so a chain without a limit would overflow the stack.
    static constexpr std::int64_t max_depth = 100;

    struct Interface {
        Interface() = default;
        Interface(const Interface&) = delete;
        Interface& operator=(const Interface&) = delete;
        virtual ~Interface() = default;
        virtual double at(std::int64_t step) const = 0;
        virtual void write(std::int64_t start, Span<double> out) const = 0;
        virtual bool equals(const AnySchedule& other) const = 0;
    };

    template <class Schedule>
    struct Holder final : Interface {
        explicit Holder(Schedule&& content) : schedule(std::move(content)) {}

        double at(std::int64_t step) const override { return schedule(step); }
        void write(std::int64_t start, Span<double> out) const override {
            fill(schedule, start, out);
        }
        bool equals(const AnySchedule& other) const override {
            const auto* same_class = other.target<Schedule>();
            return same_class != nullptr && same_class->fields() == schedule.fields();
        }

        const Schedule schedule;
    };

    template <class Schedule>
    static std::int64_t checked_depth(const Schedule& schedule) {
        const auto deepest = [](const auto&... field) {
            return std::max({std::int64_t{0}, depth_of(field)...});
        };
        const std::int64_t depth = 1 + std::apply(deepest, schedule.fields());
        return require(depth <= max_depth, "schedule",
                       "be nested at most " + repr(max_depth) + " deep", depth);
    }

    template <class Field>
    static std::int64_t depth_of(const Field& /*no schedule*/) {
        return 0;
    }
    static std::int64_t depth_of(const AnySchedule& schedule) { return schedule.depth_; }
    static std::int64_t depth_of(const std::optional<AnySchedule>& schedule) {
        return schedule ? schedule->depth_ : 0;
    }
    static std::int64_t depth_of(const std::vector<AnySchedule>& schedules) {
        std::int64_t deepest = 0;
        for (const AnySchedule& schedule : schedules) deepest = std::max(deepest, schedule.depth_);
        return deepest;
    }

    std::int64_t depth_;
    std::shared_ptr<const Interface> inside_;
};

}  // namespace lrcore
