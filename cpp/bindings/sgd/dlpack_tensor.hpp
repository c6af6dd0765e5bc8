#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <vector>

#include "lrcore/sgd/sgd.hpp"
#include "sgd/dlpack.hpp"

namespace lrcore {

std::size_t element_count(const dlpack::Tensor& tensor);

/// True if the elements fill one block of memory, in any order of the dimensions.
bool is_dense(const dlpack::Tensor& tensor);

/// True if elements of equal indices are at equal offsets in both tensors.
bool have_one_layout(const dlpack::Tensor& a, const dlpack::Tensor& b);

/// Reads the addresses and layouts of any framework's tensors through DLPack.
///
/// Types with DLPack's C exchange API are read through it; others through a capsule from
/// `to_dlpack`, unless that is None.
class TensorReader {
  public:
    explicit TensorReader(pybind11::object to_dlpack) : to_dlpack_(std::move(to_dlpack)) {}

    /// Reads the object; false, without a Python error, if DLPack cannot describe it. The shape and
    /// strides belong to the object and must be used before Python code runs again.
    bool read(pybind11::handle object, dlpack::Tensor& tensor);

    /// Returns and forgets the capsules made so far; each keeps its tensor's memory alive.
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

/// The Python tensors of one parameter; null for those it does not have.
struct SgdObjects {
    pybind11::handle param;
    pybind11::handle grad;
    pybind11::handle buffer;
    pybind11::handle master;
    pybind11::handle average;
};

/// Fills `tensor`; false if the core cannot update the parameter because its tensors are not all on
/// the host, dense, of one layout and of the dtypes that `SgdTensor` requires. Does not touch the
/// flags.
bool read_sgd_tensor(TensorReader& reader, const SgdObjects& objects, SgdTensor& tensor);

}  // namespace lrcore
