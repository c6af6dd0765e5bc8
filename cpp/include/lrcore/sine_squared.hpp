#pragma once

#include <cstdint>
#include <cstring>

namespace lrcore {

/// Without the last 27 bits of its fraction: two of these have an exact product.
inline double leading_bits(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= ~std::uint64_t{0x7ffffff};
    std::memcpy(&value, &bits, sizeof bits);
    return value;
}

/// sin^2(pi/2 * part / whole) and sin^2(pi/2 * rest / whole), for part + rest = whole: two weights
/// that add up to 1, each with all its digits. Made of sums and products alone, so that a loop over
/// it can be compiled for vectors and gives the same bits for all of them.
class HalfWave {
  public:
    struct Weights {
        double of_part;
        double of_rest;
    };

    /// 0 < whole.
    explicit HalfWave(double whole)
        : inverse_(leading_bits(1.0 / whole)), inverse_rest_(missing(inverse_, whole) / whole) {}

    /// 0 <= part, 0 <= rest.
    Weights operator()(double part, double rest) const {
        const double small = below_quarter_turn(part < rest ? part : rest);
        const double large = 1.0 - small;
        return part < rest ? Weights{small, large} : Weights{large, small};
    }

  private:
    /// 1 - inverse * whole, rounded once.
    static double missing(double inverse, double whole) {
        const double leading = leading_bits(whole);
        return (1.0 - inverse * leading) - inverse * (whole - leading);
    }

    /// For part <= whole / 2: z = (part / whole)^2 and the polynomial c z + q(z) z^2. The steps to
    /// c z carry what each rounds off in a second float64.
    double below_quarter_turn(double part) const {
        const double part_leading = leading_bits(part);
        const double x = part_leading * inverse_;
        const double x_rest =
            part_leading * inverse_rest_ + (part - part_leading) * (inverse_ + inverse_rest_);
        const double x_leading = leading_bits(x);
        const double x_trailing = (x - x_leading) + x_rest;
        const double z = x_leading * x_leading;
        const double z_rest = x_trailing * (x_leading + x_leading + x_trailing);
        const double z_leading = leading_bits(z);
        const double z_trailing = (z - z_leading) + z_rest;
        const double rounded = z + z_rest;
        return c * z_leading +
               (c * z_trailing + (c_rest * rounded + q(rounded) * (rounded * rounded)));
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
inline double sine_squared(double part, double whole) {
    return HalfWave(whole)(part, whole - part).of_part;
}

}  // namespace lrcore
