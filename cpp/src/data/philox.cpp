#include "lrcore/data/philox.hpp"

#include <algorithm>
#include <string>

#include "lrcore/support/validate.hpp"

namespace lrcore {
namespace {

using Key = std::array<std::uint64_t, 2>;

PhiloxBlock round_of(const PhiloxBlock& block, const Key& key) {
    const HiLo first = mul_hi_lo(0xd2e7470ee14c6c93, block[0]);
    const HiLo second = mul_hi_lo(0xca5a826395121157, block[2]);
    return {second.high ^ block[1] ^ key[0], second.low, first.high ^ block[3] ^ key[1], first.low};
}

/// Stream of words. Keeps the latest block, because neighbouring rows often share one.
class Words {
  public:
    Words(std::uint64_t seed, std::uint64_t epoch, std::uint64_t stream)
        : key_{seed, 0}, counter_{0, 0, epoch, stream} {}

    void copy(std::uint64_t sample, std::uint64_t start, Span<std::uint64_t> row) {
        for (std::size_t done = 0; done < row.size();) {
            const std::uint64_t word = start + done;
            move_to(sample, word / 4);
            const std::size_t place = word % 4;
            const std::size_t size = std::min(4 - place, row.size() - done);
            std::copy_n(block_.begin() + place, size, row.begin() + done);
            done += size;
        }
    }

  private:
    void move_to(std::uint64_t sample, std::uint64_t block) {
        if (counter_[0] == block + 1 && counter_[1] == sample) return;
        counter_[0] = block + 1;
        counter_[1] = sample;
        block_ = philox(counter_, key_);
    }

    Key key_;
    PhiloxBlock counter_;  // never at 0: that comes before the first block
    PhiloxBlock block_{};
};

void check_size(const char* name, std::size_t size, std::size_t expected) {
    if (size == expected) return;
    throw argument_error(name, "must hold " + std::to_string(expected) + " numbers, but got " +
                                   std::to_string(size));
}

}  // namespace

PhiloxBlock philox(const PhiloxBlock& counter, const Key& key) {
    PhiloxBlock block = counter;
    Key round_key = key;
    for (int round = 0; round < 10; ++round) {
        block = round_of(block, round_key);
        round_key[0] += 0x9e3779b97f4a7c15;
        round_key[1] += 0xbb67ae8584caa73b;
    }
    return block;
}

void philox_words(std::uint64_t seed, std::uint64_t epoch, std::uint64_t stream,
                  Span<const std::uint64_t> samples, Span<const std::uint64_t> starts,
                  std::size_t width, Span<std::uint64_t> words) {
    check_size("starts", starts.size(), samples.size());
    check_size("words", words.size(), samples.size() * width);
    Words source(seed, epoch, stream);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        source.copy(samples[i], starts[i], {words.data() + i * width, width});
    }
}

}  // namespace lrcore
