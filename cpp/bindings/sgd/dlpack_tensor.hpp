#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <vector>

#include "lrcore/sgd/sgd.hpp"
#include "sgd/dlpack.hpp"

namespace lrcore {

std::size_t element_count(const dlpack::Tensor& tensor);

/// Whether the elements fill one block of memory, in any order of the dimensions.
bool is_dense(const dlpack::Tensor& tensor);

/// Whether the elements of equal indices lie at equal places in the two blocks of memory.
bool have_one_layout(const dlpack::Tensor& a, const dlpack::Tensor& b);

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

/// The tensors of one parameter; null for one that it does not have.
struct SgdObjects {
    pybind11::handle param;
    pybind11::handle grad;
    pybind11::handle buffer;
    pybind11::handle master;
    pybind11::handle average;
};

/// Whether the core can update the parameter: all its tensors are on the host, dense, of one layout
/// and of the types that `SgdTensor` asks for. The flags of `tensor` are left as they are.
bool read_sgd_tensor(TensorReader& reader, const SgdObjects& objects, SgdTensor& tensor);

}  // namespace lrcore
