"""The kinds of batches and loaders that the finder reads, and its data-loader iterators."""

from __future__ import annotations

import itertools
from collections import UserDict, namedtuple
from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from lrcore import RangeTestResult, StopReason
from lrcore.torch import DataLoaderIter, LRFinder, TrainDataLoaderIter, ValDataLoaderIter
from lrcore.torch.lr_finder._data import inputs_and_targets, whole_batch

mse = nn.functional.mse_loss
X, Y = torch.ones(3, 2), torch.zeros(3, 1)
Pair = namedtuple("Pair", ["inputs", "targets"])


class Sum(nn.Module):
    """A linear layer on the sum of all tensors that it is called with, which it keeps track of."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(2, 1)
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def forward(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        self.calls.append((args, kwargs))
        return self.linear(sum(tensors_in([*args, *kwargs.values()])))


class WithLoss(Sum):
    """A model that computes its loss itself, and returns it as `returned` says."""

    def __init__(self, returned: Any = None) -> None:
        super().__init__()
        self.returned = returned

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().forward(*args, **kwargs).square().mean()
        return loss if self.returned is None else self.returned(loss)


def tensors_in(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value] if value.shape[-1:] == (2,) else []
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for item in inner for tensor in tensors_in(item)]


def find(loader: Any, model: nn.Module | None = None, criterion: Any = mse, **options: Any) -> RangeTestResult:
    model = Sum() if model is None else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    options = {"start_lr": 1e-3, "end_lr": 1e-2, "num_iter": 5, "progress": False, **options}
    return LRFinder(model, optimizer, criterion).range_test(loader, **options)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


# Batches with a criterion

PAIRS = {
    "tuple": (X, Y),
    "list": [X, Y],
    "named tuple": Pair(X, Y),
    "further items": (X, Y, "names", 7),
}


@pytest.mark.parametrize("batch", PAIRS.values(), ids=PAIRS)
def test_a_pair_is_inputs_and_targets(batch: Any) -> None:
    model = Sum()
    result = find([batch], model)
    assert same(model.calls[0], ((X,), {}))
    assert result == find([(X, Y)])


NESTED = {
    "tuple": (X, X),
    "list": [X, X],
    "mapping": {"a": X, "b": X},
    "nested": {"a": [X, (X, "text")], "b": 3},
    "named tuple": Pair(X, X),
}


@pytest.mark.parametrize("inputs", NESTED.values(), ids=NESTED)
def test_nested_inputs_are_passed_as_one_argument(inputs: Any) -> None:
    model = Sum()
    find([(inputs, Y)], model)
    ((received,), keywords), *_ = model.calls
    assert same(received, inputs)
    assert keywords == {}


@pytest.mark.parametrize("key", ["labels", "label", "targets", "target"])
@pytest.mark.parametrize("kind", [dict, UserDict])
def test_a_mapping_has_its_targets_under_one_of_four_names(key: str, kind: Any) -> None:
    model = Sum()
    result = find([kind({"image": X, "mask": X, key: Y})], model)
    assert same(model.calls[0], ((), {"image": X, "mask": X}))
    assert result == find([((X, X), Y)])


def test_a_single_input_in_a_mapping_is_passed_by_position() -> None:
    assert find([{"image": X, "label": Y}], nn.Linear(2, 1)).losses.shape == (5,)


def test_everything_in_a_batch_is_moved_to_the_device() -> None:
    batch = ({"a": [X, (X, "text")], "packed": pack_sequence([X])}, {"y": Y})
    moved = inputs_and_targets(batch).to(torch.device("meta"), non_blocking=True)
    (inputs,) = moved.args
    tensors = [inputs["a"][0], inputs["a"][1][0], inputs["packed"].data, moved.targets["y"]]
    assert [tensor.device.type for tensor in tensors] == ["meta"] * 4
    assert (type(inputs["packed"]), inputs["a"][1][1]) == (PackedSequence, "text")


NO_PAIRS = {
    "tensor": (X, "Tensor"),
    "tuple of 1": ((X,), "tuple of 1"),
    "list of 1": ([X], "list of 1"),
    "mapping": ({"x": X, "y": Y}, "dict with the keys 'x', 'y'"),
    "object": (SimpleNamespace(x=X), "SimpleNamespace"),
}


@pytest.mark.parametrize(("batch", "description"), NO_PAIRS.values(), ids=NO_PAIRS)
def test_other_batches_are_refused_with_the_ways_out(batch: Any, description: str) -> None:
    with pytest.raises(ValueError, match=rf"yield \(inputs, targets\).* {description}: .*TrainDataLoaderIter.*lr_find"):
        find([batch])


# Models that compute their loss

LOSSES = {
    "tensor": None,
    "tensor of one element": lambda loss: loss.reshape(1),
    "mapping": lambda loss: {"logits": X, "loss": loss},
    "attribute": lambda loss: SimpleNamespace(logits=X, loss=loss),
    "tuple": lambda loss: (loss, X),
    "named tuple": lambda loss: namedtuple("Output", ["logits", "loss"])(X, loss),
}


@pytest.mark.parametrize("returned", LOSSES.values(), ids=LOSSES)
def test_without_a_criterion_the_model_output_has_the_loss(returned: Any) -> None:
    expected = find([(X, Y)], criterion=lambda outputs, _: outputs.square().mean())
    assert find([X], WithLoss(returned), None) == expected


WHOLE = {
    "tensor": (X, ((X,), {})),
    "tuple": ((X, X), ((X, X), {})),
    "list": ([X], ((X,), {})),
    "mapping": ({"input_ids": X, "labels": X}, ((), {"input_ids": X, "labels": X})),
}


@pytest.mark.parametrize(("batch", "call"), WHOLE.values(), ids=WHOLE)
def test_without_a_criterion_the_model_gets_the_whole_batch(batch: Any, call: Any) -> None:
    model = WithLoss()
    find([batch], model, None)
    assert same(model.calls[0], call)


NO_LOSSES = {
    "nothing": (lambda loss: None, TypeError, "must return the loss as a tensor, but got NoneType"),
    "mapping without loss": (lambda loss: {"a": loss}, TypeError, "must return the loss as a tensor, but got NoneType"),
    "number": (lambda loss: loss.item(), TypeError, "must return the loss as a tensor, but got float"),
    "several": (
        lambda loss: loss.expand(3),
        ValueError,
        r"must return a loss of one number, but got a tensor of shape \(3,\)",
    ),
}


@pytest.mark.parametrize(("returned", "error", "message"), NO_LOSSES.values(), ids=NO_LOSSES)
def test_a_model_that_returns_no_loss_is_refused(returned: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"the model without a criterion {message}"):
        find([X], WithLoss(returned), None)


# Samples

SAMPLES = {
    "targets": ((torch.ones(7, 5), torch.ones(4)), 4),
    "inputs, as targets are single numbers": ((torch.ones(7, 5), torch.tensor(1.0)), 7),
    "nested": (({"a": [torch.ones(6)]}, None), 6),
    "arrays": ((np.ones((5, 2)), None), 5),
    "strings": ((["a", "b", "c"], None), 3),
    "one mapping for each sample": (([torch.ones(3, 8, 8)] * 2, [{"boxes": torch.ones(9, 4)}] * 2), 2),
    "empty": ((torch.ones(0, 5), torch.ones(0)), 1),
    "nothing known": (("a", 3), 1),
}


@pytest.mark.parametrize(("batch", "samples"), SAMPLES.values(), ids=SAMPLES)
def test_the_samples_of_a_batch_are_counted(batch: Any, samples: int) -> None:
    assert inputs_and_targets(batch).samples == samples
    assert whole_batch(batch).samples == samples


# Loaders


class Squares(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        for size in (1.0, 2.0):
            yield torch.full((2,), size), torch.zeros(1)


class ByIndex:
    """A sequence of the old kind, which has no `__iter__`."""

    def __getitem__(self, index: int) -> Any:
        return [(X, Y), (2 * X, Y)][index]


LOADERS = {
    "list": lambda: [(X, Y), (2 * X, Y)],
    "sequence by index": ByIndex,
    "endless iterator": lambda: itertools.cycle([(X, Y), (2 * X, Y)]),
    "DataLoader": lambda: DataLoader(TensorDataset(torch.cat([X, 2 * X]), torch.cat([Y, Y])), batch_size=3),
    "DataLoader of mappings": lambda: DataLoader([{"x": X[0], "label": Y[0]}, {"x": 2 * X[0], "label": Y[0]}]),
    "TrainDataLoaderIter": lambda: TrainDataLoaderIter([(X, Y), (2 * X, Y)]),
    "IterableDataset": lambda: DataLoader(Squares()),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_a_loader_is_read_again_until_the_test_is_finished(make: Any) -> None:
    result = find(make(), num_iter=9)
    assert (result.stop_reason, len(result.losses)) == (StopReason.finished, 9)
    expected = find([(X, Y), (2 * X, Y)], num_iter=9)
    np.testing.assert_allclose(result.losses, expected.losses, rtol=1e-5)


@pytest.mark.parametrize(
    "loader", [iter([(X, Y)] * 3), TrainDataLoaderIter([(X, Y)] * 3, auto_reset=False), DataLoaderIter([(X, Y)] * 3)]
)
def test_a_loader_that_does_not_begin_again_ends_the_test(loader: Iterable[Any]) -> None:
    result = find(loader)
    assert (result.stop_reason, len(result.losses)) == (StopReason.data_exhausted, 3)


@pytest.mark.parametrize("loader", [[], iter([]), TrainDataLoaderIter([])])
def test_an_empty_loader_is_refused(loader: Iterable[Any]) -> None:
    with pytest.raises(ValueError, match=r"train_loader must hold at least one batch, but .* is empty"):
        find(loader)


@pytest.mark.parametrize("loader", [None, 0.1, X.sum])
def test_an_unreadable_batch_is_refused(loader: Any) -> None:
    with pytest.raises(TypeError, match="train_loader must be iterable, but got "):
        find(loader)


# Iterators


class Named(TrainDataLoaderIter):
    def inputs_labels_from_batch(self, batch_data: Any) -> tuple[Any, Any]:
        return batch_data["x"], batch_data["y"]


def test_a_subclass_splits_inputs_and_targets() -> None:
    assert find(Named([{"x": X, "y": Y}])) == find([(X, Y)])


def test_a_subclass_splits_batches_for_a_model_with_its_own_loss() -> None:
    assert find(Named([{"x": X, "y": X}]), WithLoss(), None) == find([(X, X)], WithLoss(), None)


def test_a_wrapped_loader_stays_where_it_is() -> None:
    batches = [(X, Y), (2 * X, Y), (3 * X, Y)]
    wrapped = TrainDataLoaderIter(batches)
    next(wrapped)
    assert find(wrapped) == find(wrapped) == find(batches)
    assert next(wrapped) == batches[1]


def test_a_subclass_may_override_next() -> None:
    class Doubled(TrainDataLoaderIter):
        def __next__(self) -> tuple[Any, Any]:
            inputs, labels = super().__next__()
            return 2 * inputs, labels

    assert find(Doubled([(X, Y)])) == find([(2 * X, Y)])


def test_wrapping_a_loader_draws_nothing_from_random_generators() -> None:
    state = torch.get_rng_state()
    loader = DataLoader(TensorDataset(X, Y))
    wrappers = [kind(loader) for kind in (DataLoaderIter, TrainDataLoaderIter, ValDataLoaderIter)]
    assert torch.equal(torch.get_rng_state(), state)
    assert [wrapper.dataset for wrapper in wrappers] == [loader.dataset] * 3


def test_the_generator_of_a_wrapped_loader_is_put_back() -> None:
    generator = torch.Generator().manual_seed(3)
    state = generator.get_state()
    find(TrainDataLoaderIter(DataLoader(TensorDataset(X, Y), shuffle=True, generator=generator)))
    assert torch.equal(generator.get_state(), state)


def test_training_iterators_begin_again_unless_told_otherwise() -> None:
    batches = [("a", 0), ("b", 1)]
    assert list(itertools.islice(TrainDataLoaderIter(batches), 5)) == [*batches, *batches, batches[0]]
    assert list(TrainDataLoaderIter(batches, auto_reset=False)) == batches
    assert list(DataLoaderIter(batches)) == batches


def test_validation_iterators_begin_again_in_each_loop() -> None:
    batches = ValDataLoaderIter([("a", 0), ("b", 1)])
    assert [list(batches), list(batches)] == [[("a", 0), ("b", 1)]] * 2
    assert next(iter(batches)) == next(iter(batches)) == ("a", 0)


@pytest.mark.parametrize("batch", [X, (X,), {"x": X}])
@pytest.mark.parametrize("kind", [DataLoaderIter, TrainDataLoaderIter, ValDataLoaderIter])
def test_iterators_refuse_batches_that_are_no_pairs(kind: type[DataLoaderIter], batch: Any) -> None:
    with pytest.raises(ValueError, match="override inputs_labels_from_batch in a subclass of TrainDataLoaderIter or"):
        next(kind([batch]))


def test_a_data_set_is_the_one_of_the_loader() -> None:
    dataset: Dataset[Any] = TensorDataset(X, Y)
    assert TrainDataLoaderIter(DataLoader(dataset)).dataset is dataset
