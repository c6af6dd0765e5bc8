#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "lrcore/data/philox.hpp"

using namespace lrcore;

namespace {

constexpr std::uint64_t seed = 11;
constexpr std::uint64_t epoch = 3;
constexpr std::uint64_t stream = 2;

std::vector<std::uint64_t> words(const std::vector<std::uint64_t>& samples,
                                 const std::vector<std::uint64_t>& starts, std::size_t width) {
    std::vector<std::uint64_t> out(samples.size() * width);
    philox_words(seed, epoch, stream, {samples.data(), samples.size()},
                 {starts.data(), starts.size()}, width, {out.data(), out.size()});
    return out;
}

std::uint64_t word(std::uint64_t sample, std::uint64_t number) {
    return philox({number / 4 + 1, sample, epoch, stream}, {seed, 0})[number % 4];
}

}  // namespace

TEST_CASE("philox matches the known answers of Random123") {
    constexpr std::uint64_t most = 0xffffffffffffffff;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x16554d9eca36314c, 0xdb20fe9d672d0fdc,
                                                      0xd7e772cee186176b, 0x7e68b68aec7ba23b});
    CHECK(philox({most, most, most, most}, {most, most}) ==
          PhiloxBlock{0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6,
                      0xa09caebf594f0ba0});
    CHECK(philox({0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
                 {0x452821e638d01377, 0xbe5466cf34e90c6c}) ==
          PhiloxBlock{0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5,
                      0x57bd43b5e52b7fe6});
}

TEST_CASE("a row holds the words from its start on, whatever row came before") {
    // The same block again, a part of it, the next one, the same number of another sample, 0 after
    // others.
    const std::vector<std::uint64_t> samples{7, 7, 7, 8, 7, std::uint64_t{1} << 40, 0};
    const std::vector<std::uint64_t> starts{0, 0, 3, 3, 6, 1, 0};
    for (const std::size_t width : {0, 1, 2, 3, 4, 5, 9}) {
        const std::vector<std::uint64_t> rows = words(samples, starts, width);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            for (std::size_t j = 0; j < width; ++j) {
                REQUIRE(rows[i * width + j] == word(samples[i], starts[i] + j));
            }
        }
    }
}

TEST_CASE("a start may be any 64-bit word index") {
    constexpr std::uint64_t far = std::uint64_t{1} << 63;
    CHECK(words({5}, {far}, 2) == std::vector<std::uint64_t>{word(5, far), word(5, far + 1)});
}

TEST_CASE("sizes that do not fit are named") {
    CHECK_THROWS_WITH_AS(words({1, 2}, {0}, 3), "starts must hold 2 numbers, but got 1",
                         std::invalid_argument);
    const std::vector<std::uint64_t> two{1, 2};
    std::vector<std::uint64_t> out(5);
    CHECK_THROWS_WITH_AS(
        philox_words(seed, epoch, stream, {two.data(), 2}, {two.data(), 2}, 3, {out.data(), 5}),
        "words must hold 6 numbers, but got 5", std::invalid_argument);
    CHECK(out == std::vector<std::uint64_t>(5));
}
