#include <pybind11/eval.h>

#include "bindings.hpp"
#include "lrcore/support/validate.hpp"

namespace lrcore {

namespace py = pybind11;

namespace {

// In Python, because the C API would need a function for each member of the class.
constexpr const char* argument_error_source = R"(
class ArgumentError(ValueError):
    """An invalid argument. Other arguments that the message mentions appear as name=value."""

    def __init__(self, message: str, argument: str | None = None) -> None:
        super().__init__(message)
        self._argument = argument

    @property
    def argument(self) -> str | None:
        """Name of the argument, with which the message opens."""
        return self._argument
)";

py::object& argument_error_class() {
    static auto* const cls = new py::object();  // outlives the interpreter
    return *cls;
}

void raise_argument_error(const argument_error& error) {
    const py::object& cls = argument_error_class();
    PyErr_SetObject(cls.ptr(), cls(error.what(), error.argument()).ptr());
}

}  // namespace

void bind_errors(py::module_& m) {
    py::dict names;
    names["__name__"] = m.attr("__name__");
    py::exec(argument_error_source, names);
    argument_error_class() = names["ArgumentError"];
    m.attr("ArgumentError") = argument_error_class();
    py::register_local_exception_translator([](std::exception_ptr exception) {
        try {
            if (exception) std::rethrow_exception(exception);
        } catch (const argument_error& error) {
            raise_argument_error(error);
        }
    });
}

}  // namespace lrcore
