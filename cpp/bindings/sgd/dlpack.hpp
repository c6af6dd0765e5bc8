#pragma once

#include <cstdint>

/// The C structures by which DLPack lets one library see another's tensors, after version 1.3 of
/// its specification (dmlc.github.io/dlpack): what reading on the host needs of them, in the same
/// memory layout.
namespace lrcore::dlpack {

struct Version {
    std::uint32_t major;
    std::uint32_t minor;
};

enum class DeviceType : std::int32_t { host = 1 };

struct Device {
    DeviceType type;
    std::int32_t index;
};

enum class TypeCode : std::uint8_t { ieee_float = 2, bfloat = 4 };

struct DataType {
    TypeCode code;
    std::uint8_t bits;
    std::uint16_t lanes;
};

struct Tensor {
    void* data;  // may be null if there is no element
    Device device;
    std::int32_t dimensions;
    DataType type;
    std::int64_t* shape;
    std::int64_t* strides;  // in elements; null, before DLPack 1.2, for a contiguous tensor
    std::uint64_t byte_offset;
};

/// What a capsule named "dltensor" holds.
struct ManagedTensor {
    Tensor tensor;
    void* owner;
    void (*deleter)(ManagedTensor*);
};

struct ExchangeApiHeader {
    Version version;
    const ExchangeApiHeader* older;
};

/// What the capsule `__dlpack_c_exchange_api__` of a tensor type, named "dlpack_exchange_api",
/// holds.
struct ExchangeApi {
    ExchangeApiHeader header;
    void (*allocate)();        // not called here
    void (*export_managed)();  // not called here
    void (*import_managed)();  // not called here
    /// Describes the tensor without owning it; -1 with a Python error set on failure. May be null.
    int (*describe)(void* object, Tensor* tensor);
    void (*current_stream)();  // not called here
};

constexpr std::uint32_t known_major_version = 1;

}  // namespace lrcore::dlpack
