"""The SGD update of NumPy arrays, against torch.optim.SGD, NumPy and by hand."""

from __future__ import annotations

import re
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from lrcore import grad_norm, sgd_step

SIZES = (0, 1, 7, 8, 9, 16, 17, 64, 65, 1000)
RECURRENCES = [
    {"momentum": 0.0, "nesterov": False},
    {"momentum": 0.9, "nesterov": False},
    {"momentum": 0.9, "nesterov": True},
]


def arrays(dtype: type, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(size).astype(dtype) for size in SIZES]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)])
@pytest.mark.parametrize("weight_decay", [0.0, 1e-2])
@pytest.mark.parametrize("recurrence", RECURRENCES)
def test_follows_torch_under_a_moving_lr(
    dtype: type, tolerance: float, weight_decay: float, recurrence: dict[str, Any]
) -> None:
    params = arrays(dtype, 0)
    buffers = [np.zeros_like(p) for p in params] if recurrence["momentum"] else []
    tensors = [torch.tensor(p) for p in params]
    optimizer = torch.optim.SGD(tensors, lr=1.0, weight_decay=weight_decay, **recurrence)
    for step in range(20):
        lr = 0.1 * (1 + step % 5)
        grads = arrays(dtype, step + 1)
        sgd_step(params, grads, buffers, lr=lr, weight_decay=weight_decay, **recurrence)
        optimizer.param_groups[0]["lr"] = lr
        for tensor, grad in zip(tensors, grads, strict=True):
            tensor.grad = torch.tensor(grad)
        optimizer.step()
    for ours, theirs in zip(params, tensors, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=tolerance, atol=tolerance)
    for ours, tensor in zip(buffers, tensors, strict=False):
        theirs = optimizer.state[tensor]["momentum_buffer"].numpy()
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_two_updates_by_hand() -> None:
    p, b = np.array([1.0]), np.array([0.0])
    sgd_step([p], [np.array([2.0])], [b], lr=0.5, momentum=0.5, weight_decay=0.5, nesterov=True)
    # g = 2 + 0.5 * 1 = 2.5, b = 2.5, p = 1 - 0.5 * (2.5 + 0.5 * 2.5)
    assert (p[0], b[0]) == (-0.875, 2.5)
    sgd_step([p], [np.array([1.0])], [b], lr=0.25, momentum=0.5, weight_decay=0.5, nesterov=True)
    # g = 1 - 0.4375 = 0.5625, b = 1.25 + 0.5625, p = -0.875 - 0.25 * (0.5625 + 0.5 * 1.8125)
    assert (p[0], b[0]) == (-1.2421875, 1.8125)


def test_the_result_has_the_same_bits_for_any_thread_count() -> None:
    rng = np.random.default_rng(0)
    start, grad, velocity = rng.standard_normal((3, 300_001)).astype(np.float32)
    results = []
    for num_threads in (0, 1, 2, 5):
        p, b = start.copy(), velocity.copy()
        sgd_step([p], [grad], [b], lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True, num_threads=num_threads)
        results.append((p.tobytes(), b.tobytes()))
    assert len(set(results)) == 1


def test_grads_are_not_written_and_shapes_do_not_matter() -> None:
    p, grad, b = np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.zeros((2, 3, 4))
    grad.flags.writeable = False
    sgd_step((p,), (grad,), (b,), lr=0.5, momentum=0.5, weight_decay=1.0)
    assert (grad == 1).all()
    assert (p == 0).all()


def test_numpy_scalars_are_options() -> None:
    p = np.ones(1)
    sgd_step([p], [np.ones(1)], [], lr=np.float32(0.5), weight_decay=np.int64(0), num_threads=np.int32(1))
    assert p[0] == 0.5


P, G = np.ones(3), np.ones(3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ({"lr": -1}, "lr must be a finite number and not negative, but got -1.0"),
        ({"lr": float("nan")}, "lr must be a finite number and not negative, but got nan"),
        ({"momentum": -0.9}, "momentum must be a finite number and not negative, but got -0.9"),
        ({"weight_decay": -1}, "weight_decay must be a finite number and not negative, but got -1.0"),
        ({"nesterov": True}, "momentum must be greater than 0 with nesterov, but got 0.0"),
        ({"num_threads": -1}, "num_threads must not be negative, but got -1"),
        ({"momentum": 0.9}, "buffers must hold 1 arrays, but got 0"),
        ({"buffers": [np.zeros(3)]}, "buffers must hold 0 arrays, but got 1"),
        ({"grads": []}, "grads must hold 1 arrays, but got 0"),
        ({"grads": [np.ones(4)]}, "grads[0] must have the 3 elements of params[0], but got 4"),
        ({"grads": [P]}, "params[0] overlaps grads[0]"),
        ({"params": [np.ones(6)[::2]]}, "params[0] must be C-contiguous and aligned"),
        ({"params": [np.frombuffer(bytes(24))]}, "params[0] must be writable"),
    ],
)
def test_bad_value_is_refused_and_changes_nothing(call: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"params": [P], "grads": [G], "buffers": [], "lr": 0.1, **call}
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sgd_step(**arguments)
    assert (P == 1).all()
    assert (G == 1).all()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ({"params": [[1.0]]}, "params[0] must be a float32, float64, float16 or bfloat16 NumPy array, but got list"),
        (
            {"params": [np.ones(3, int)]},
            "params[0] must be a float32, float64, float16 or bfloat16 NumPy array, but got int64",
        ),
        ({"grads": [np.ones(3, np.float32)]}, "grads[0] must have the dtype float64 of params[0], but got float32"),
        ({"lr": "0.1"}, "lr must be a number, but got '0.1'"),
        ({"nesterov": 1}, "nesterov must be True or False, but got 1"),
        ({"num_threads": 1.0}, "num_threads must be an integer, but got 1.0"),
    ],
)
def test_wrong_type_is_refused_and_changes_nothing(call: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"params": [P], "grads": [G], "buffers": [], "lr": 0.1, **call}
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        sgd_step(**arguments)
    assert (P == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("maximize", [False, True])
def test_every_option_to_the_bit_of_numpy(dtype: type, maximize: bool) -> None:
    rng = np.random.default_rng(0)
    p, grad, b, e = rng.standard_normal((4, 1001)).astype(dtype)
    lr, mu, wd, factor, decay = (dtype(x) for x in (0.1, 0.9, 0.01, 0.3, 0.99))
    expected_p, expected_b, expected_e = p.copy(), b.copy(), e.copy()
    for _ in range(3):
        g = grad * (-factor if maximize else factor) + wd * expected_p
        expected_b = mu * expected_b + dtype(1 - 0.2) * g
        expected_p = expected_p - lr * expected_b
        expected_e = decay * expected_e + dtype(1 - 0.99) * expected_p
        sgd_step(
            [p],
            [grad],
            [b],
            lr=0.1,
            momentum=0.9,
            dampening=0.2,
            weight_decay=0.01,
            maximize=maximize,
            grad_factor=0.3,
            averages=[e],
            ema_decay=0.99,
        )
    np.testing.assert_array_equal(p, expected_p)
    np.testing.assert_array_equal(b, expected_b)
    np.testing.assert_array_equal(e, expected_e)


@pytest.mark.parametrize("dtype", [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)], ids=str)
@pytest.mark.parametrize("has_master", [False, True])
def test_16_bit_params_have_float32_buffers_and_masters(dtype: np.dtype, has_master: bool) -> None:
    rng = np.random.default_rng(0)
    p, grad = rng.standard_normal((2, 1001)).astype(dtype)
    b, master = np.zeros(1001, np.float32), p.astype(np.float32)
    expected, expected_b = master.copy(), b.copy()
    for _ in range(3):
        expected_b = np.float32(0.9) * expected_b + grad.astype(np.float32)
        expected = expected - np.float32(0.01) * expected_b
        if not has_master:
            expected = expected.astype(dtype).astype(np.float32)
        sgd_step([p], [grad], [b], lr=0.01, momentum=0.9, masters=[master] if has_master else [])
    np.testing.assert_array_equal(p, expected.astype(dtype))
    np.testing.assert_array_equal(b, expected_b)
    if has_master:
        np.testing.assert_array_equal(master, expected)


def test_uninitialised_buffers_are_not_read() -> None:
    p, b, e = np.array([8.0]), np.array([np.nan]), np.array([np.nan])
    options = {"lr": 1.0, "momentum": 0.5, "dampening": 0.25, "ema_decay": 0.5}
    sgd_step([p], [np.array([2.0])], [b], averages=[e], first=True, **options)
    assert (p[0], b[0], e[0]) == (6.0, 2.0, 6.0)
    sgd_step([p], [np.array([2.0])], [b], averages=[e], **options)
    assert (p[0], b[0], e[0]) == (3.5, 2.5, 4.75)


@pytest.mark.parametrize(("after", "left"), [("kept", 4.0), ("scaled", 2.0), ("zeroed", 0.0)])
def test_the_gradient_after_a_step(after: Any, left: float) -> None:
    p, grad = np.array([1.0]), np.array([4.0])
    sgd_step([p], [grad], [], lr=0.25, grad_factor=0.5, grad_after=after)
    assert (p[0], grad[0]) == (0.5, left)


def test_nonfinite_gradients_are_counted_where_asked() -> None:
    p, grad = np.ones(5), np.array([1.0, np.inf, np.nan, -np.inf, 0.0])
    assert sgd_step([p], [grad], [], lr=0.0, count_nonfinite=True) == 3
    assert sgd_step([p], [grad], [], lr=0.0) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, ml_dtypes.bfloat16])
def test_the_norm_covers_all_gradients_in_float64(dtype: type) -> None:
    grads = [grad.astype(dtype) for grad in arrays(np.float64, 3)]
    wide = np.concatenate([grad.astype(np.longdouble) for grad in grads])
    np.testing.assert_allclose(grad_norm(grads), float(np.sqrt((wide * wide).sum())), rtol=1e-14)


def test_the_norm_has_the_same_bits_for_any_thread_count() -> None:
    grads = [np.random.default_rng(0).standard_normal(300_001).astype(np.float32)]
    assert len({grad_norm(grads, num_threads=n) for n in (0, 1, 2, 5)}) == 1
    assert grad_norm([]) == 0.0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ({"momentum": 0.9, "nesterov": True, "dampening": 0.1}, "dampening must be 0 with nesterov, but got 0.1"),
        ({"ema_decay": 2.0}, "ema_decay must be at least 0 and at most 1, but got 2.0"),
        ({"grad_after": "lost"}, "grad_after must be 'kept', 'scaled' or 'zeroed', but got 'lost'"),
        ({"masters": [np.ones(3, np.float32)]}, "masters must hold 0 arrays, but got 1"),
        ({"averages": [np.ones(3)] * 2}, "averages must hold 1 arrays, but got 2"),
        ({"averages": [np.ones(2)]}, "averages[0] must have the 3 elements of params[0], but got 2"),
        ({"averages": [P]}, "params[0] overlaps averages[0]"),
        ({"grads": [np.frombuffer(bytes(24))], "grad_after": "zeroed"}, "grads[0] must be writable"),
        (
            {"params": [np.ones(3), np.ones(3)], "grads": [G, G], "grad_after": "scaled"},
            "grads[0] overlaps grads[1]",
        ),
    ],
)
def test_bad_value_of_a_further_option_is_refused(call: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"params": [P], "grads": [G], "buffers": [np.zeros(3)], "lr": 0.1, **call}
    arguments["buffers"] = arguments["buffers"] if call.get("momentum") else []
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        sgd_step(**arguments)
    assert (P == 1).all()
    assert (G == 1).all()


def test_16_bit_buffers_are_refused() -> None:
    p, b = np.ones(3, np.float16), np.zeros(3, np.float16)
    sentence = "buffers[0] must have the dtype float32 beside params[0], but got float16"
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        sgd_step([p], [p.copy()], [b], lr=0.1, momentum=0.9)


def test_the_norm_refuses_unsupported_arrays() -> None:
    sentence = "grads[1] must be a float32, float64, float16 or bfloat16 NumPy array, but got int64"
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        grad_norm([P, np.ones(3, int)])
    with pytest.raises(ValueError, match=r"^grads\[0\] must be C-contiguous and aligned$"):
        grad_norm([np.ones(6)[::2]])
    with pytest.raises(ValueError, match=r"^num_threads must be at least 0, but got -1$"):
        grad_norm([P], num_threads=-1)
