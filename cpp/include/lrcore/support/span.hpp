#pragma once

#include <cstddef>

namespace lrcore {

/// A non-owning view of `size` contiguous elements (std::span is C++20).
template <class T>
class Span {
  public:
    Span() = default;
    Span(T* data, std::size_t size) : data_(data), size_(size) {}

    T* data() const { return data_; }
    std::size_t size() const { return size_; }
    T& operator[](std::size_t index) const { return data_[index]; }
    T* begin() const { return data_; }
    T* end() const { return data_ + size_; }
    Span subspan(std::size_t first, std::size_t size) const { return {data_ + first, size}; }
    Span from(std::size_t first) const { return subspan(first, size_ - first); }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace lrcore
