"""Changes between two steps of a plan."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

import lrcore._core as _core
from tests.support.sgd_plan_calls import OPTIONS, READERS, check_step, expected_step, read, tensors, to_dlpack


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


def test_params_updated_is_one_list_for_unchanged_params() -> None:
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
def test_the_plan_keeps_params_alive_and_releases_gradients(reader: str) -> None:
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


def test_each_step_needs_a_new_read() -> None:
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


def test_the_norm_covers_all_gradients() -> None:
    plan = _core.SgdPlan()
    p, q = torch.zeros(1), torch.zeros(1, dtype=torch.bfloat16)
    read(plan, [p, q], [torch.tensor([3.0]), torch.tensor([4.0], dtype=torch.bfloat16)], [])
    assert plan.grad_norm() == 5.0
    assert plan.grad_norm(grad_factor=0.5) == 2.5
