from __future__ import annotations

import ast
import enum
import inspect
from pathlib import Path
from typing import Any

import pytest

import lrcore
import lrcore._core as _core

STUB = ast.parse((Path(lrcore.__file__).parent / "_core.pyi").read_text())
CLASSES = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
BOUND = ("__call__", "__eq__", "__getstate__", "__hash__", "__init__", "__setstate__")


def is_bound(name: str) -> bool:
    return not name.startswith("_") or name in BOUND


def arguments(node: ast.FunctionDef) -> list[str]:
    spec = node.args
    return [
        arg.arg
        for arg in [*spec.posonlyargs, *spec.args, *([ast.arg("*")] if spec.kwonlyargs else []), *spec.kwonlyargs]
    ]


def bound_arguments(function: Any) -> list[str]:
    """The arguments of a function; pybind11 writes its signature as the first line of the docstring."""
    if inspect.isfunction(function):
        return list(inspect.signature(function).parameters)
    signature = function.__doc__.splitlines()[0]
    node = ast.parse(f"def {signature}: ...").body[0]
    assert isinstance(node, ast.FunctionDef)
    return arguments(node)


def test_the_stub_lists_the_names_of_the_module() -> None:
    public = {name for name in vars(_core) if not name.startswith("_")}
    assert CLASSES.keys() | FUNCTIONS.keys() == public


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_the_arguments_of_the_module(name: str) -> None:
    assert arguments(FUNCTIONS[name]) == bound_arguments(getattr(_core, name))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_members_and_arguments_of_the_module(name: str) -> None:
    cls = getattr(_core, name)
    if issubclass(cls, enum.Enum):
        assert [ast.unparse(node) for node in CLASSES[name].body] == [f"{m.name} = {m.value}" for m in cls]
        return
    methods = {node.name: node for node in CLASSES[name].body if isinstance(node, ast.FunctionDef)}
    assert methods.keys() == {member for member in vars(cls) if is_bound(member)}
    for method, node in methods.items():
        bound = vars(cls)[method]
        if not isinstance(bound, property):
            assert arguments(node) == bound_arguments(bound)
