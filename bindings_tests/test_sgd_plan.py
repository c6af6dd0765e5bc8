"""Tensors that a plan reads and updates, and those it reports."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import lrcore._core as _core
from tests.support.sgd_plan_calls import OPTIONS, READERS, Plain, check_step, expected_step, read, tensors, to_dlpack


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (1, 3, 1), (5, 7), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_readers_update_every_shape_in_place(reader: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    p, g, b = tensors(*shape, dtype=dtype)
    expected_p, expected_b = expected_step(p, g, b)
    plan = _core.SgdPlan(to_dlpack)
    wrap = READERS[reader]
    assert read(plan, [wrap(p)], [wrap(g)], [wrap(b)]) == []
    assert plan.step([OPTIONS]) == 0
    assert torch.equal(p, expected_p)
    assert torch.equal(b, expected_b)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_16_bit_params_have_float32_companions(dtype: torch.dtype) -> None:
    p, g, _ = tensors(33, dtype=dtype)
    master, b, e = p.float() + 0.125, torch.full((33,), torch.nan), torch.full((33,), torch.nan)
    expected = master - 0.5 * g.float()
    plan = _core.SgdPlan()
    firsts = {"first_momenta": [0], "first_averages": [0]}
    assert read(plan, [p], [g], [b], masters=[master], averages=[e], **firsts) == []
    plan.step([OPTIONS])
    assert torch.equal(master, expected)
    assert torch.equal(p, expected.to(dtype))
    assert torch.equal(b, g.float())
    assert torch.equal(e, expected)


def test_a_channels_last_weight_is_updated_in_its_layout() -> None:
    p, g, b = (t.to(memory_format=torch.channels_last) for t in tensors(2, 3, 4, 5))
    check_step(_core.SgdPlan(), p, g, b)
    transposed = [t.t() for t in tensors(5, 7)]
    check_step(_core.SgdPlan(), *transposed)


def test_strides_of_dimensions_of_size_1_do_not_matter() -> None:
    p, g, b = tensors(4, 1, 3)
    check_step(_core.SgdPlan(), p, g.as_strided((4, 1, 3), (3, 77, 1)), b)
    check_step(_core.SgdPlan(), p.as_strided((4, 1, 3), (3, 0, 1)), g, b)


def test_a_view_into_a_storage_is_updated_there_alone() -> None:
    p, g, b = tensors(20)
    before = p.clone()
    check_step(_core.SgdPlan(), p[3:9], g[10:16], b[1:7])
    assert torch.equal(p[:3], before[:3])
    assert torch.equal(p[9:], before[9:])


def bad(change: str) -> tuple[Any, Any, Any]:
    p, g, b = tensors(4, 3)
    return {
        "integers": (p.int(), g.int(), b.int()),
        "complex": (p.cfloat(), g.cfloat(), b.cfloat()),
        "gradient of another dtype": (p, g.double(), b),
        "buffer of another dtype": (p, g, b.half()),
        "16-bit buffer": (p.half(), g.half(), b.half()),
        "gradient of another layout": (p, g.t().contiguous().t(), b),
        "gradient of another shape": (p, g.reshape(3, 4), b),
        "strided param": (torch.ones(4, 6)[:, ::2], g, b),
        "expanded gradient": (p, torch.ones(1).expand(4, 3), b),
        "sparse gradient": (p, g.to_sparse(), b),
        "meta": (p.to("meta"), g.to("meta"), b.to("meta")),
        "gradient is the param": (p, p, b),
        "gradient in the buffer": (p, b[0:4], b),
        "buffer is the param": (p, g, p),
        "no tensor": (p, 3.0, b),
        "no param": (None, g, b),
    }[change]


@pytest.mark.parametrize(
    "change",
    [
        "integers",
        "complex",
        "gradient of another dtype",
        "buffer of another dtype",
        "16-bit buffer",
        "gradient of another layout",
        "gradient of another shape",
        "strided param",
        "expanded gradient",
        "sparse gradient",
        "meta",
        "gradient is the param",
        "gradient in the buffer",
        "buffer is the param",
        "no tensor",
        "no param",
    ],
)
def test_an_unsupported_tensor_is_named_and_unchanged(change: str) -> None:
    good = tensors(7)
    p, g, b = bad(change)
    copies = [t.clone() for t in (p, g, b) if isinstance(t, Tensor) and not t.is_meta]
    expected, _ = expected_step(*good)
    plan = _core.SgdPlan()
    for _ in range(2):
        assert read(plan, [p, good[0], p], [g, good[1], g], [b, good[2], b]) == [0, 2]
        assert [id(t) for t in plan.params_updated] == [id(good[0])]
    plan.step([OPTIONS])
    assert torch.equal(good[0], expected)
    for t, copy in zip((t for t in (p, g, b) if isinstance(t, Tensor) and not t.is_meta), copies, strict=True):
        assert torch.equal(t.to_dense(), copy.to_dense())


def test_a_storage_without_memory_and_a_wrapper_are_left_alone() -> None:
    p, g, b = tensors(4)
    freed = torch.ones(4)
    freed.untyped_storage().resize_(0)
    assert read(_core.SgdPlan(), [p], [freed], [b]) == [0]
    assert read(_core.SgdPlan(), [freed], [g], [b]) == [0]
    master = torch.ones(4)
    assert read(_core.SgdPlan(), [p], [g], [b], masters=[master]) == [0]  # of a float32 parameter
    assert read(_core.SgdPlan(), [Plain(p)], [g], [b]) == [0]  # to_dlpack is None
    assert read(_core.SgdPlan(lambda _: "no capsule"), [Plain(p)], [g], [b]) == [0]


def test_an_interruption_while_reading_is_not_swallowed() -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    p, g, b = tensors(4)
    plan = _core.SgdPlan(interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(plan, [Plain(p)], [g], [b])
    with pytest.raises(RuntimeError, match=r"^read must come first: it serves one step$"):
        plan.step([OPTIONS])
    check_step(plan, p, g, b)
