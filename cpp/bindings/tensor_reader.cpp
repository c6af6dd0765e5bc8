#include "tensor_reader.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

/// Forgets the Python error of a tensor that cannot be read, but not an interruption.
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

}  // namespace lrcore
