#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "dlpack.hpp"

namespace lrcore {

/// Reads where the tensors of any framework lie in memory.
///
/// Of a type that has DLPack's C exchange API it needs that alone; of any other it asks `to_dlpack`
/// for a capsule, unless that is None.
class TensorReader {
  public:
    explicit TensorReader(pybind11::object to_dlpack) : to_dlpack_(std::move(to_dlpack)) {}

    /// Whether DLPack can describe the object; where it cannot, no Python error is left behind. The
    /// shape and strides are those of the object, to be used before Python code can run again.
    bool read(pybind11::handle object, dlpack::Tensor& tensor);

    /// The capsules made since the last call: each keeps its tensor's memory alive.
    std::vector<pybind11::object> take_capsules() { return std::exchange(capsules_, {}); }

  private:
    using Describe = int (*)(void*, dlpack::Tensor*);

    struct KnownType {
        pybind11::object type;
        Describe describe;  // null: the type has no exchange API
    };

    Describe describe_of(PyTypeObject* type);
    bool read_capsule(pybind11::handle object, dlpack::Tensor& tensor);

    pybind11::object to_dlpack_;
    std::vector<KnownType> types_;
    std::vector<pybind11::object> capsules_;
};

}  // namespace lrcore
