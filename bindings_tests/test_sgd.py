from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lrcore._core as _core

OPTIONS = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
PLAIN = {"lr": 0.1, "momentum": 0.0, "weight_decay": 0.0, "nesterov": False}


def arrays(shape: Any, dtype: Any = np.float32, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.uniform(0.5, 1.5, shape).astype(dtype) for _ in range(3)]


def check_refused(
    params: Any, grads: Any, buffers: Any, message: str, error: type = ValueError, options: dict[str, Any] = OPTIONS
) -> None:
    watched = [a for a in [*params, *grads, *buffers] if isinstance(a, np.ndarray)]
    before = [a.copy() for a in watched]
    with pytest.raises(error) as caught:
        _core.sgd_step(params, grads, buffers, **options)
    assert str(caught.value) == message
    for now, then in zip(watched, before, strict=True):
        np.testing.assert_array_equal(now, then)


def recurrence(p: Any, g: Any, b: Any, lr: float, momentum: float, weight_decay: float, nesterov: bool) -> Any:
    g = g + weight_decay * p
    if momentum == 0:
        return p - lr * g, b
    b = momentum * b + g
    return p - lr * (g + momentum * b if nesterov else b), b


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize("nesterov", [False, True])
def test_many_arrays_of_any_shape_are_updated_in_place(
    dtype: type, momentum: float, weight_decay: float, nesterov: bool
) -> None:
    options = {"lr": 0.1, "momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov and momentum > 0}
    groups = [arrays(shape, dtype, seed) for seed, shape in enumerate([(3, 5), (), (0,), (2, 3, 7, 2), (129,)])]
    params, grads, buffers = (list(group) for group in zip(*groups, strict=True))
    wide = [[array.astype(np.longdouble) for array in group] for group in groups]
    grads_before = [grad.copy() for grad in grads]
    for _ in range(3):
        _core.sgd_step(params, grads, buffers if momentum else [], **options)
        wide = [[p2, g, b2] for p, g, b in wide for p2, b2 in [recurrence(p, g, b, **options)]]
    tolerance = 16 * np.finfo(dtype).eps  # no intermediate exceeds 8
    for i, (p, _, b) in enumerate(wide):
        np.testing.assert_allclose(params[i], p, rtol=0, atol=tolerance)
        np.testing.assert_allclose(buffers[i], b, rtol=0, atol=tolerance)
        np.testing.assert_array_equal(grads[i], grads_before[i])


def test_the_first_buffer_is_the_gradient() -> None:
    p, g, _ = arrays(5)
    b = np.zeros(5, np.float32)
    _core.sgd_step([p], [g], [b], **{**OPTIONS, "weight_decay": 0.0})
    np.testing.assert_array_equal(b, g)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_bits_are_those_of_numpy_in_the_same_type(dtype: type) -> None:
    p, g, b = arrays(1001, dtype)
    scalars = {"lr": dtype(0.1), "momentum": dtype(0.9), "weight_decay": dtype(0.01), "nesterov": True}
    expected_p, expected_b = recurrence(p, g, b, **scalars)
    _core.sgd_step([p], [g], [b], **OPTIONS)
    np.testing.assert_array_equal(p, expected_p)
    np.testing.assert_array_equal(b, expected_b)


def test_one_gradient_may_serve_two_params() -> None:
    p, g, _ = arrays(5)
    q = p.copy()
    _core.sgd_step([p, q], [g, g], [], **PLAIN)
    np.testing.assert_array_equal(p, q)


def test_a_read_only_gradient_is_fine() -> None:
    p, g, b = arrays(5)
    g.flags.writeable = False
    _core.sgd_step([p], [g], [b], **OPTIONS)


def test_empty_arrays_are_fine() -> None:
    p, g, b = arrays((0, 3))
    _core.sgd_step([p], [g], [b], **OPTIONS)


def test_a_list_that_is_not_of_arrays_is_a_type_error() -> None:
    p, g, b = arrays(3)
    check_refused([p], [[1.0, 2.0, 3.0]], [b], "grads[0] must be a NumPy array, but got list", TypeError)
    check_refused(
        [p.tolist()],
        [g],
        [b],
        "params[0] must be a float32, float64, float16 or bfloat16 NumPy array, but got list",
        TypeError,
    )
    with pytest.raises(TypeError):
        _core.sgd_step(p, g, b, **OPTIONS)


@pytest.mark.parametrize("dtype", ["int32", "complex64", "object", ">f4"])
def test_another_dtype_is_a_type_error(dtype: str) -> None:
    p, g, b = arrays(3)
    other = p.astype(dtype)
    message = f"params[0] must be a float32, float64, float16 or bfloat16 NumPy array, but got {other.dtype}"
    check_refused([other], [g], [b], message, TypeError)
    message = f"grads[0] must have the dtype float32 of params[0], but got {other.dtype}"
    check_refused([p], [other], [b], message, TypeError)


def test_mixed_dtypes_are_a_type_error() -> None:
    p, g, b = arrays(3)
    q, h, c = arrays(3, np.float64)
    check_refused([p], [g], [c], "buffers[0] must have the dtype float32 of params[0], but got float64", TypeError)
    message = "params[1] must have the dtype float32 of params[0], but got float64"
    check_refused([p, q], [g, h], [b, c], message, TypeError)


def test_a_strided_array_is_refused() -> None:
    p, g, b = arrays(6)
    check_refused([p[::2]], [g[:3]], [b[:3]], "params[0] must be C-contiguous and aligned")
    check_refused([p[:3]], [g[::2]], [b[:3]], "grads[0] must be C-contiguous and aligned")
    square, h, c = arrays((2, 3))
    check_refused([square.T], [h], [c], "params[0] must be C-contiguous and aligned")


def test_a_misaligned_array_is_refused() -> None:
    _, g, b = arrays(3)
    misaligned = np.frombuffer(bytearray(13), np.float32, 3, offset=1)
    check_refused([misaligned], [g], [b], "params[0] must be C-contiguous and aligned")


def test_a_read_only_array_is_refused_where_it_would_be_written() -> None:
    p, g, b = arrays(3)
    frozen = p.copy()
    frozen.flags.writeable = False
    check_refused([frozen], [g], [b], "params[0] must be writable")
    check_refused([p], [g], [frozen], "buffers[0] must be writable")


def test_sizes_that_differ_are_refused() -> None:
    p, g, b = arrays(5)
    check_refused([p], [g[:4]], [b], "grads[0] must have the 5 elements of params[0], but got 4")
    check_refused([p, p[:0]], [g, g[:0]], [b, b[:1]], "buffers[1] must have the 0 elements of params[1], but got 1")


def test_numbers_of_arrays_that_differ_are_refused() -> None:
    p, g, b = arrays(3)
    check_refused([], [], [], "params must hold at least 1 array, but got 0")
    check_refused([p], [], [b], "grads must hold 1 arrays, but got 0")
    check_refused([p], [g], [], "buffers must hold 1 arrays, but got 0")
    check_refused([p], [g], [b], "buffers must hold 0 arrays, but got 1", options=PLAIN)


def test_overlap_of_a_written_array_is_refused() -> None:
    p, g, b = arrays(6)
    check_refused([p], [p], [b], "params[0] overlaps grads[0]")
    check_refused([p], [g], [p], "params[0] overlaps buffers[0]")
    check_refused([p], [b], [b], "grads[0] overlaps buffers[0]")
    check_refused([p, p], [g, g], [], "params[0] overlaps params[1]", options=PLAIN)
    message = "params[0] overlaps params[1]"
    check_refused([p[:4], p[3:]], [g[:4], g[3:]], [b[:4], np.ones(3, np.float32)], message)


def test_neighbours_in_one_memory_are_not_an_overlap() -> None:
    memory = np.ones(12, np.float32)
    _core.sgd_step([memory[:4]], [memory[4:8]], [memory[8:]], **OPTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -0.1}, "lr must be a finite number and not negative, but got -0.1"),
        ({"lr": float("nan")}, "lr must be a finite number and not negative, but got nan"),
        ({"momentum": -0.5}, "momentum must be a finite number and not negative, but got -0.5"),
        ({"weight_decay": float("inf")}, "weight_decay must be a finite number and not negative, but got inf"),
        ({"momentum": 0.0}, "momentum must be greater than 0 with nesterov, but got 0.0"),
        ({"num_threads": -1}, "num_threads must not be negative, but got -1"),
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    p, g, b = arrays(3)
    check_refused([p], [g], [b], message, options={**OPTIONS, **options})


def test_options_are_keywords_only() -> None:
    p, g, b = arrays(3)
    with pytest.raises(TypeError):
        _core.sgd_step([p], [g], [b], 0.1, 0.9, 0.01, True)
