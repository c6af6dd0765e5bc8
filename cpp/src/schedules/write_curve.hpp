#pragma once

#include <cstddef>

#include "lrcore/schedules/parts/curves.hpp"
#include "parallel/cpu.hpp"

namespace lrcore {

/// write() compiled for the given instruction set, for the three classes of curves.
template <class Curve>
void write_with(InstructionSet instructions, const Curve& curve, Interval interval, double first,
                Span<double> out);

}  // namespace lrcore
