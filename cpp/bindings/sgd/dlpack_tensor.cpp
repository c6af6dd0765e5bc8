#include "sgd/dlpack_tensor.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lrcore {
namespace {

// The stride of a dimension of size 1 is arbitrary: it takes no step.
bool is_contiguous(const dlpack::Tensor& tensor) {
    if (tensor.strides == nullptr) return true;
    std::int64_t expected = 1;
    for (std::int32_t i = tensor.dimensions; i-- > 0;) {
        if (tensor.shape[i] == 1) continue;
        if (tensor.strides[i] != expected) return false;
        expected *= tensor.shape[i];
    }
    return true;
}

bool is_dense_in_another_order(const dlpack::Tensor& tensor) {
    std::vector<std::pair<std::int64_t, std::int64_t>> steps;
    for (std::int32_t i = 0; i < tensor.dimensions; ++i) {
        if (tensor.shape[i] != 1) steps.emplace_back(tensor.strides[i], tensor.shape[i]);
    }
    std::sort(steps.begin(), steps.end());
    std::int64_t expected = 1;
    for (const auto& [stride, size] : steps) {
        if (stride != expected) return false;
        expected *= size;
    }
    return true;
}

bool have_one_stride(const dlpack::Tensor& a, const dlpack::Tensor& b, std::int32_t dimension) {
    return a.shape[dimension] == 1 || a.strides[dimension] == b.strides[dimension];
}

}  // namespace

std::size_t element_count(const dlpack::Tensor& tensor) {
    std::int64_t count = 1;
    for (std::int32_t i = 0; i < tensor.dimensions; ++i) count *= tensor.shape[i];
    return static_cast<std::size_t>(count);
}

bool is_dense(const dlpack::Tensor& tensor) {
    return is_contiguous(tensor) || element_count(tensor) == 0 || is_dense_in_another_order(tensor);
}

bool have_one_layout(const dlpack::Tensor& a, const dlpack::Tensor& b) {
    if (a.dimensions != b.dimensions) return false;
    const bool has_strides = a.strides != nullptr && b.strides != nullptr;
    bool is_empty = false, is_one = true;
    for (std::int32_t i = 0; i < a.dimensions; ++i) {
        if (a.shape[i] != b.shape[i]) return false;
        is_empty = is_empty || a.shape[i] == 0;
        is_one = is_one && has_strides && have_one_stride(a, b, i);
    }
    return is_one || is_empty || (is_contiguous(a) && is_contiguous(b));
}

namespace py = pybind11;

namespace {

/// Clears the Python error of an unreadable tensor, but lets KeyboardInterrupt through.
void clear_error() {
    if (PyErr_ExceptionMatches(PyExc_Exception) == 0) throw py::error_already_set();
    PyErr_Clear();
}

const dlpack::ExchangeApi* known_version(const dlpack::ExchangeApiHeader* header) {
    while (header != nullptr && header->version.major != dlpack::known_major_version) {
        header = header->older;
    }
    return reinterpret_cast<const dlpack::ExchangeApi*>(header);
}

const dlpack::ExchangeApi* exchange_api_of(py::handle type) {
    const auto capsule = py::reinterpret_steal<py::object>(
        PyObject_GetAttrString(type.ptr(), "__dlpack_c_exchange_api__"));
    void* api = capsule ? PyCapsule_GetPointer(capsule.ptr(), "dlpack_exchange_api") : nullptr;
    if (api == nullptr) clear_error();
    return known_version(static_cast<const dlpack::ExchangeApiHeader*>(api));
}

}  // namespace

TensorReader::Describe TensorReader::describe_of(PyTypeObject* type) {
    const auto object = reinterpret_cast<PyObject*>(type);
    for (const KnownType& known : types_) {
        if (known.type.ptr() == object) return known.describe;
    }
    const dlpack::ExchangeApi* api = exchange_api_of(object);
    const Describe describe = api != nullptr ? api->describe : nullptr;
    types_.push_back({py::reinterpret_borrow<py::object>(object), describe});
    return describe;
}

bool TensorReader::read_capsule(py::handle object, dlpack::Tensor& tensor) {
    if (to_dlpack_.is_none()) return false;
    auto capsule = py::reinterpret_steal<py::object>(
        PyObject_CallFunctionObjArgs(to_dlpack_.ptr(), object.ptr(), nullptr));
    void* managed = capsule ? PyCapsule_GetPointer(capsule.ptr(), "dltensor") : nullptr;
    if (managed == nullptr) {
        clear_error();
        return false;
    }
    tensor = static_cast<const dlpack::ManagedTensor*>(managed)->tensor;
    capsules_.push_back(std::move(capsule));
    return true;
}

bool TensorReader::read(py::handle object, dlpack::Tensor& tensor) {
    const Describe describe = describe_of(Py_TYPE(object.ptr()));
    if (describe == nullptr) return read_capsule(object, tensor);
    if (describe(object.ptr(), &tensor) == 0) return true;
    clear_error();
    return false;
}

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

/// Finds the address of the elements; false if they cannot be used in place.
bool find_elements(const dlpack::Tensor& tensor, std::size_t size, void*& found) {
    found = static_cast<char*>(tensor.data) + tensor.byte_offset;
    const std::uintptr_t misaligned =
        reinterpret_cast<std::uintptr_t>(found) % (tensor.type.bits / 8u);
    return tensor.device.type == dlpack::DeviceType::host &&
           (size == 0 || (tensor.data != nullptr && misaligned == 0));
}

/// Reads a parameter's gradient and state tensors, which must have its layout.
class StateTensorReader {
  public:
    StateTensorReader(TensorReader& reader, const dlpack::Tensor& param, std::size_t size)
        : reader_(reader), param_(param), size_(size) {}

    /// True if `object` is null or can be used in place as elements of `type`.
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
    const StateTensorReader state_tensors(reader, param, tensor.size);
    return state_tensors.read(objects.grad, tensor.type, tensor.grad) &&
           state_tensors.read(objects.buffer, wide, tensor.buffer) &&
           (!objects.master || is_half(tensor.type)) &&
           state_tensors.read(objects.master, wide, tensor.master) &&
           state_tensors.read(objects.average, wide, tensor.average);
}

}  // namespace lrcore
