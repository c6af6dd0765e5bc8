#pragma once

#include <cstdint>
#include <cstring>

#include "lrcore/numerics/double_double.hpp"

namespace lrcore {

/// Veltkamp's split by masking: the value without the last 27 bits of its fraction. The product of
/// two such values is exact.
inline double split_high(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= ~std::uint64_t{0x7ffffff};
    std::memcpy(&value, &bits, sizeof bits);
    return value;
}

/// sin^2(pi/2 * part / whole) to full accuracy. Uses sums and products only, so loops over it
/// vectorize and give the same bits at every vector width.
class SineSquared {
  public:
    /// 0 < whole.
    explicit SineSquared(DoubleDouble whole)
        : inverse_(split_high(1.0 / whole.high)),
          inverse_rest_(missing(inverse_, whole) / whole.high) {}

    /// For 0 <= part <= whole / 2: z = (part / whole)^2 and the polynomial c z + q(z) z^2, with c z
    /// in double-double. In the second half use 1 - (*this)(whole - part).
    double operator()(DoubleDouble part) const {
        const double part_leading = split_high(part.high);
        const double x = part_leading * inverse_;
        const double x_rest = part_leading * inverse_rest_ +
                              ((part.high - part_leading) + part.low) * (inverse_ + inverse_rest_);
        const double x_leading = split_high(x);
        const double x_trailing = (x - x_leading) + x_rest;
        const double z = x_leading * x_leading;
        const double z_rest = x_trailing * (x_leading + x_leading + x_trailing);
        const double z_leading = split_high(z);
        const double z_trailing = (z - z_leading) + z_rest;
        const double rounded = z + z_rest;
        return c * z_leading +
               (c * z_trailing + (c_rest * rounded + q(rounded) * (rounded * rounded)));
    }

  private:
    /// 1 - inverse * whole, rounded once.
    static double missing(double inverse, DoubleDouble whole) {
        const double leading = split_high(whole.high);
        return (1.0 - inverse * leading) - inverse * ((whole.high - leading) + whole.low);
    }

    /// (sin^2(pi/2 * sqrt(z)) - (pi/2)^2 z) / z^2 for 0 <= z <= 1/4, by interpolation at eight
    /// Chebyshev nodes with 60 digits; with it, the polynomial is off by less than 2^-55.
    static double q(double z) {
        const double z2 = z * z;
        const double low = (-0x1.03c1f081b5ac4p+1 + 0x1.55d3c7e3cbff6p-1 * z) +
                           (-0x1.e1f506891b0c8p-4 + 0x1.a6d1f2a1656cfp-7 * z) * z2;
        const double high = (-0x1.f9d3899ae421ep-11 + 0x1.b6e1fbb4dced2p-15 * z) +
                            (-0x1.20ad6f13d6527p-19 + 0x1.22678e9c47cf7p-24 * z) * z2;
        return low + high * (z2 * z2);
    }

    static constexpr double c = 0x1.3bd3cc8p+1;  // the leading bits of (pi/2)^2
    static constexpr double c_rest = 0x1.be45de5a4adc5p-27;

    double inverse_;  // of whole, its leading bits
    double inverse_rest_;
};

/// sin^2(pi/2 * part / whole) for 0 <= part <= whole, 0 < whole.
inline double sine_squared(DoubleDouble part, DoubleDouble whole) {
    const SineSquared wave(whole);
    const DoubleDouble rest = whole - part;
    return part.high < rest.high ? wave(part) : 1.0 - wave(rest);
}

inline double sine_squared(double part, double whole) {
    return sine_squared(DoubleDouble{part, 0.0}, DoubleDouble{whole, 0.0});
}

/// Haversine of pi * x, (1 - cos(pi * x)) / 2, for 0 <= x <= 1/2: u/4 (1 - u/12 (1 - u/30 (1 -
/// ...))), u = (pi * x)^2. From u/56 on, plain float64 is accurate enough.
inline DoubleDouble dd_haversine(DoubleDouble x) {
    constexpr DoubleDouble pi{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
    constexpr DoubleDouble one{1.0, 0.0};
    const DoubleDouble y = pi * x;
    const DoubleDouble u = y * y;
    double tail = 1.0;
    for (double n = 24.0; n >= 8.0; n -= 2.0) tail = 1.0 - u.high / (n * (n - 1.0)) * tail;
    const DoubleDouble inner = one - u / DoubleDouble{30.0, 0.0} * tail;
    return (one - u / DoubleDouble{12.0, 0.0} * inner) * u * 0.25;
}

/// sin^2(pi/2 * x) for 0 <= x <= 1 with 59 bits, as the base of a power. `rest` is 1 - x.
inline DoubleDouble dd_sine_squared(DoubleDouble x, DoubleDouble rest) {
    return x.high < rest.high ? dd_haversine(x) : DoubleDouble{1.0, 0.0} - dd_haversine(rest);
}

}  // namespace lrcore
