#include "read_sgd_tensor.hpp"

#include <cstddef>
#include <cstdint>

#include "tensor_layout.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

bool is_type(const dlpack::DataType& type, dlpack::TypeCode code, int bits) {
    return type.code == code && type.bits == bits && type.lanes == 1;
}

bool find_element_type(const dlpack::DataType& type, ElementType& found) {
    constexpr auto ieee = dlpack::TypeCode::ieee_float;
    if (is_type(type, ieee, 32)) return found = ElementType::float32, true;
    if (is_type(type, ieee, 64)) return found = ElementType::float64, true;
    if (is_type(type, ieee, 16)) return found = ElementType::float16, true;
    if (is_type(type, dlpack::TypeCode::bfloat, 16)) return found = ElementType::bfloat16, true;
    return false;
}

bool is_half(ElementType type) {
    return type == ElementType::bfloat16 || type == ElementType::float16;
}

/// The address of the elements; null where they cannot be used in place.
bool find_elements(const dlpack::Tensor& tensor, std::size_t size, void*& found) {
    found = static_cast<char*>(tensor.data) + tensor.byte_offset;
    const std::uintptr_t misaligned =
        reinterpret_cast<std::uintptr_t>(found) % (tensor.type.bits / 8u);
    return tensor.device.type == dlpack::DeviceType::host &&
           (size == 0 || (tensor.data != nullptr && misaligned == 0));
}

/// Reads the tensors that have the layout of the parameter.
class Companions {
  public:
    Companions(TensorReader& reader, const dlpack::Tensor& param, std::size_t size)
        : reader_(reader), param_(param), size_(size) {}

    /// Whether `object` is null or can be used in place as elements of `type`.
    bool read(py::handle object, ElementType type, void*& elements) const {
        elements = nullptr;
        if (!object) return true;
        dlpack::Tensor tensor;
        ElementType found;
        return reader_.read(object, tensor) && find_element_type(tensor.type, found) &&
               found == type && have_one_layout(tensor, param_) &&
               find_elements(tensor, size_, elements);
    }

  private:
    TensorReader& reader_;
    const dlpack::Tensor& param_;
    std::size_t size_;
};

}  // namespace

bool read_sgd_tensor(TensorReader& reader, const SgdObjects& objects, SgdTensor& tensor) {
    dlpack::Tensor param;
    if (!reader.read(objects.param, param) || !find_element_type(param.type, tensor.type)) {
        return false;
    }
    tensor.size = element_count(param);
    if (!is_dense(param) || !find_elements(param, tensor.size, tensor.param)) return false;
    const ElementType wide = is_half(tensor.type) ? ElementType::float32 : tensor.type;
    const Companions companions(reader, param, tensor.size);
    return companions.read(objects.grad, tensor.type, tensor.grad) &&
           companions.read(objects.buffer, wide, tensor.buffer) &&
           (!objects.master || is_half(tensor.type)) &&
           companions.read(objects.master, wide, tensor.master) &&
           companions.read(objects.average, wide, tensor.average);
}

}  // namespace lrcore
