#pragma once

#include <pybind11/pybind11.h>

#include "lrcore/sgd.hpp"
#include "tensor_reader.hpp"

namespace lrcore {

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
