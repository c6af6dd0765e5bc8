"""The plan on torch's tensors, against the same recurrence in NumPy."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lrcore import _core

OPTIONS = _core.SgdOptions(lr=0.5, momentum=0.25)


class Plain:
    """A tensor of a type without DLPack's exchange API."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def to_dlpack(plain: Plain) -> Any:
    return torch.utils.dlpack.to_dlpack(plain.tensor)


READERS: dict[str, Callable[[Tensor], Any]] = {"exchange API": lambda tensor: tensor, "capsule": Plain}


def read(
    plan: _core.SgdPlan, params: list[Any], grads: list[Any], buffers: list[Any], **further: list[Any]
) -> list[int]:
    names = ("groups", "masters", "averages", "first_momenta", "first_averages")
    columns = {"groups": [0] * len(params), **further}
    return plan.read(params, grads, buffers, *(columns.get(name, []) for name in names))


def expected_step(p: Tensor, g: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """p and b after one step with `OPTIONS`, exact in float32 for the small numbers of these tests."""
    b = 0.25 * b + g
    return p - 0.5 * b, b


def check_step(plan: _core.SgdPlan, p: Any, g: Any, b: Any) -> None:
    expected_p, expected_b = expected_step(p.detach().clone(), g, b.clone())
    assert read(plan, [p], [g], [b]) == []
    plan.step([OPTIONS])
    assert torch.equal(p.detach(), expected_p)
    assert torch.equal(b, expected_b)


def tensors(*shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    size = int(np.prod(shape))
    return tuple(torch.arange(k, k + size, dtype=dtype).reshape(shape) for k in (1, 5, 11))  # type: ignore[return-value]


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
def test_what_cannot_be_updated_is_named_and_left_alone(change: str) -> None:
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


@pytest.mark.parametrize("reader", READERS)
def test_a_tensor_given_other_memory_is_followed(reader: str) -> None:
    p, g, b = tensors(6)
    plan, wrap = _core.SgdPlan(to_dlpack), READERS[reader]

    def check() -> None:
        expected_p, expected_b = expected_step(p.clone(), g, b.clone())
        assert read(plan, [wrap(p)], [wrap(g)], [wrap(b)]) == []
        plan.step([OPTIONS])
        assert torch.equal(p, expected_p)
        assert torch.equal(b, expected_b)

    check()
    p.data = torch.ones(6)
    check()
    b.set_(torch.full((8,), 2.0)[2:])
    check()
    for t in (p, g, b):
        t.resize_(100_000).fill_(3.0)
    check()
    for t in (p, g, b):
        t.data = t.data[:10].double()
    check()
    for t in (p, g, b):
        t.data = torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last)
    check()


def test_other_objects_in_the_lists_are_followed() -> None:
    plan = _core.SgdPlan()
    for size in (3, 3, 5):
        check_step(plan, *tensors(size))
    params, grads, buffers = ([t] for t in tensors(3))
    expected = expected_step(params[0], grads[0], buffers[0])
    assert read(plan, params, grads, buffers) == []
    params[0], grads[0] = torch.ones(3), torch.ones(3)  # after the read: the plan has what it read
    read_again = tensors(3)
    plan.step([OPTIONS])
    assert torch.equal(buffers[0], expected[1])
    assert torch.equal(params[0], torch.ones(3))
    check_step(plan, *read_again)


def test_a_param_without_gradient_is_skipped_and_comes_back() -> None:
    (p, g, b), (q, h, c) = tensors(3), tensors(4)
    plan = _core.SgdPlan()
    for grads in ([g, h], [None, h], [None, None], [g, None], [g, h]):
        before = [t.clone() for t in (p, b, q, c)]
        assert read(plan, [p, q], grads, [b, c]) == []
        updated = [t for t, grad in zip((p, q), grads, strict=True) if grad is not None]
        assert [id(t) for t in plan.params_updated] == [id(t) for t in updated]
        plan.step([OPTIONS])
        for old_p, old_b, new_p, new_b, grad in ((*before[:2], p, b, grads[0]), (*before[2:], q, c, grads[1])):
            expected = (old_p, old_b) if grad is None else expected_step(old_p, grad, old_b)
            assert torch.equal(new_p, expected[0])
            assert torch.equal(new_b, expected[1])


def test_tied_weights_are_updated_one_after_another() -> None:
    p, g, b = tensors(6)
    q, h, c = p.view(2, 3), torch.ones(2, 3), torch.zeros(2, 3)
    expected, _ = expected_step(p, g, b)
    expected, _ = expected_step(expected, h.view(6), c.view(6))
    plan = _core.SgdPlan()
    assert read(plan, [p, q], [g, h], [b, c]) == []
    plan.step([OPTIONS])
    assert torch.equal(p, expected)


def test_params_updated_is_one_list_while_the_params_are_the_same() -> None:
    (p, g, b), (q, h, c) = tensors(3), tensors(4)
    plan = _core.SgdPlan()
    read(plan, [p, q], [g, h], [b, c])
    first = plan.params_updated
    p.data = torch.ones(3)
    read(plan, [p, q], [g.clone(), h], [b, c])
    assert plan.params_updated is first
    read(plan, [p, q], [g, None], [b, c])
    assert [id(t) for t in plan.params_updated] == [id(p)]


@pytest.mark.parametrize("reader", READERS)
def test_the_plan_keeps_what_it_read_alive_and_lets_gradients_go(reader: str) -> None:
    plan = _core.SgdPlan(to_dlpack)
    wrap = READERS[reader]
    p, b = torch.ones(1 << 20), torch.zeros(1 << 20)
    grad = wrap(torch.full((1 << 20,), 0.5))
    is_alive = weakref.ref(grad)
    assert read(plan, [wrap(p)], [grad], [wrap(b)]) == []
    del grad
    gc.collect()
    assert is_alive() is not None
    plan.step([_core.SgdOptions(lr=1.0)])
    assert is_alive() is None
    assert (p == 0.5).all()


def test_a_step_needs_a_read_of_its_own() -> None:
    p, g, b = tensors(3)
    plan = _core.SgdPlan()
    for use in (lambda: plan.step([OPTIONS]), plan.grad_norm):
        with pytest.raises(RuntimeError, match=r"^read must come first: it serves one step$"):
            use()
    read(plan, [p], [g], [b])
    with pytest.raises(ValueError, match=r"^options must hold a value for each group, but got 0$"):
        plan.step([])
    plan.step([OPTIONS])  # what was refused used nothing up
    with pytest.raises(RuntimeError, match=r"^read must come first: it serves one step$"):
        plan.step([OPTIONS])


def test_the_norm_is_that_of_all_gradients() -> None:
    plan = _core.SgdPlan()
    p, q = torch.zeros(1), torch.zeros(1, dtype=torch.bfloat16)
    read(plan, [p, q], [torch.tensor([3.0]), torch.tensor([4.0], dtype=torch.bfloat16)], [])
    assert plan.grad_norm() == 5.0
    assert plan.grad_norm(grad_factor=0.5) == 2.5


@pytest.mark.parametrize(
    ("further", "message"),
    [
        ({"groups": [0]}, "groups must hold 2 items, but got 1"),
        ({"masters": [None]}, "masters must hold 2 items, but got 1"),
        ({"averages": [None] * 3}, "averages must hold 2 items, but got 3"),
        ({"groups": [0, -1]}, "groups must hold integers of at least 0"),
        ({"groups": [0, "a"]}, "groups must hold integers of at least 0"),
        ({"first_momenta": [2]}, "first_momenta must hold positions less than 2, but got 2"),
        ({"first_averages": [-1]}, "first_averages must hold integers of at least 0"),
    ],
)
def test_lists_that_do_not_fit_are_refused(further: dict[str, Any], message: str) -> None:
    p, g, b = tensors(3)
    q, h, c = tensors(3)
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(_core.SgdPlan(), [p, q], [g, h], [b, c], **further)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, "lr must be a finite number and not negative, but got -1.0"),
        ({"lr": 0.1, "grad_after": "gone"}, "grad_after must be 'kept', 'scaled' or 'zeroed', but got 'gone'"),
        ({"lr": 0.1, "ema_decay": 1.5}, "ema_decay must be at least 0 and at most 1, but got 1.5"),
        ({"lr": 0.1, "dampening": float("inf")}, "dampening must be a finite number, but got inf"),
        (
            {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "nesterov": True},
            "dampening must be 0 with nesterov, but got 0.5",
        ),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        _core.SgdOptions(**options)


def test_eight_python_threads_use_plans_of_their_own() -> None:
    def run(seed: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(seed)
        plan = _core.SgdPlan()
        params = [torch.randn(50_000, generator=generator) for _ in range(4)]
        buffers = [torch.zeros(50_000) for _ in range(4)]
        for _ in range(20):
            grads = [torch.randn(50_000, generator=generator) for _ in range(4)]
            assert read(plan, params, grads, buffers) == []
            plan.step([OPTIONS])
        return torch.stack(params), torch.stack(buffers)

    expected = [run(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for (p, b), (expected_p, expected_b) in zip(pool.map(run, range(8)), expected, strict=True):
            assert torch.equal(p, expected_p)
            assert torch.equal(b, expected_b)


def test_a_plan_in_use_refuses_a_second_user() -> None:
    p, g, b = tensors(3)
    refused: list[str] = []

    def read_again(plain: Plain) -> Any:
        for use in (lambda: read(plan, [p], [g], [b]), plan.grad_norm, lambda: plan.step([OPTIONS])):
            with pytest.raises(RuntimeError) as caught:
                use()
            refused.append(str(caught.value))
        return to_dlpack(plain)

    plan = _core.SgdPlan(read_again)
    assert read(plan, [Plain(p)], [g], [b]) == []
    assert refused == ["the plan must not be used by two threads at once"] * 3


def test_one_plan_in_many_threads_does_not_crash() -> None:
    p, g, b = tensors(100_000)
    plan = _core.SgdPlan()

    def use(_: int) -> None:
        for _ in range(50):
            try:
                read(plan, [p], [g], [b])
                plan.step([OPTIONS])
            except RuntimeError as error:
                assert str(error) in (  # noqa: PT017
                    "the plan must not be used by two threads at once",
                    "read must come first: it serves one step",
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    check_step(plan, *tensors(3))
