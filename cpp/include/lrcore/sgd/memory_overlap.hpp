#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lrcore {

/// The bytes of an array, and its name in errors.
struct MemoryRange {
    const char* list;
    std::size_t index;
    std::uintptr_t begin;
    std::uintptr_t end;
    bool is_written;

    std::string name() const { return std::string(list) + "[" + std::to_string(index) + "]"; }
};

/// Throws argument_error "params[0] overlaps buffers[1]" if a written range overlaps any other.
void check_no_overlap(std::vector<MemoryRange> ranges);

/// The bytes at addresses [begin, end).
struct Bytes {
    std::uintptr_t begin;
    std::uintptr_t end;

    bool overlaps(Bytes other) const {
        return begin < other.end && other.begin < end && begin < end && other.begin < other.end;
    }
};

/// The memory that an update writes, sorted so that overlap with other memory is found by
/// bisection.
class WriteSet {
  public:
    WriteSet() = default;
    explicit WriteSet(std::vector<Bytes> blocks);

    /// True if two of the blocks share a byte.
    bool has_overlap() const { return has_overlap_; }

    /// True if a block shares a byte with `other`. Requires that the blocks do not overlap each
    /// other.
    bool overlaps(Bytes other) const;

  private:
    std::vector<Bytes> blocks_;
    bool has_overlap_ = false;
};

}  // namespace lrcore
