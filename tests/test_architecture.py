"""The layers of the package: every import points downwards, and there is no circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import lrcore

PACKAGE = Path(lrcore.__file__).parent
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
EXTENSION = "lrcore._core"

# Parts of a package from the lowest layer up: a part imports from layers below its own, and from itself.
LAYERS = {
    "lrcore": (
        ("_core", "_version", "_public"),
        ("_validation", "_files", "_progress"),
        ("smoothing", "divergence", "plateau", "sgd", "threads", "trace"),
        ("_axes",),
        ("schedules", "suggestions"),
        ("range_test",),
        ("plot",),
        ("torch", "keras"),
        ("cifar",),
        ("cli",),
        ("__main__",),
    ),
    "lrcore.torch": (
        ("_param_groups",),
        ("_snapshot",),
        ("lr_scheduler", "optim", "lr_finder"),
    ),
    "lrcore.keras": (
        ("_torch_modules",),
        ("_optimizer_state",),
        ("_snapshot", "_batch_loss"),
        ("callbacks", "schedules", "optimizers", "lr_finder"),
        ("_plateau",),
    ),
    "lrcore.cifar": (
        ("_quiet",),
        ("pipeline",),
        ("data",),
        ("models",),
        ("cam",),
        ("evaluation",),
        ("training",),
        ("parity", "report"),
        ("demo",),
    ),
}


def imported_modules(name: str) -> Iterator[str]:
    """Modules of lrcore that module `name` imports anywhere: also in functions and for type checkers only."""
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "lrcore")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lrcore":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in FILES or inner == EXTENSION else node.module


IMPORTS = {name: set(imported_modules(name)) for name in FILES}


def is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_no_import_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("package", LAYERS)
def test_parts_import_from_lower_layers_only(package: str) -> None:
    layer_of = {f"{package}.{part}": number for number, parts in enumerate(LAYERS[package]) for part in parts}

    def part_of(module: str) -> str | None:
        return ".".join(module.split(".")[: package.count(".") + 2]) if module.startswith(f"{package}.") else None

    present = {part_of(module) for module in FILES} - {None} | ({EXTENSION} if package == "lrcore" else set())
    assert set(layer_of) == present
    upward = [
        f"{module} -> {imported}"
        for module, modules in IMPORTS.items()
        for imported in modules
        if (here := part_of(module)) and (there := part_of(imported)) and here != there
        if layer_of[there] >= layer_of[here]
    ]
    assert upward == []


def test_no_file_imports_the_face_of_its_own_package() -> None:
    faces = {name for name, path in FILES.items() if path.name == "__init__.py"}
    assert [
        f"{module} -> {face}"
        for module, modules in IMPORTS.items()
        for face in modules & faces
        if module != face and is_inside(module, face)
    ] == []


def test_the_core_is_imported_as_a_module() -> None:
    written = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
    assert [name for name, source in written.items() if "from lrcore import _core" in source] == []


def test_faces_bind_no_function_to_the_name_of_a_module() -> None:
    shadowed = []
    for name, path in FILES.items():
        if path.name == "__init__.py":
            bound = {
                alias.asname or alias.name
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
            shadowed += [f"{name}.{each}" for each in bound if f"{name}.{each}" in FILES]
    assert shadowed == []
