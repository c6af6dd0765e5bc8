"""The base class of schedules, and the schedules that its operators make."""

from __future__ import annotations

import collections.abc
import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

import lrcore._core as _core
from lrcore._validation import as_float, as_int, as_tuple_of, check_fields, check_version, unchecked
from lrcore.schedules._describe import describe
from lrcore.schedules._plot import plot_schedule
from lrcore.schedules._timeline import Timeline, earliest, first_undefined

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MAX_DEPTH = 100  # that of the core


def check_depth(content: Mapping[str, Any]) -> None:
    """ValueError if `content` is nested deeper than any schedule, or without an end because it contains itself."""
    level: list[Any] = [content]
    for _ in range(2 * MAX_DEPTH + 2):  # a list of schedules in every one of them, and one of numbers
        parts = [part for part in level if isinstance(part, (Mapping, list))]
        level = list({id(item): item for part in parts for item in _items(part)}.values())
    if level:
        raise ValueError(f"a schedule must be nested at most {MAX_DEPTH} deep")


def _items(part: Mapping[str, Any] | list[Any]) -> Iterable[Any]:
    return part.values() if isinstance(part, Mapping) else part


VERSION = 1
MAX_STEP = 2**63 - 1
MOST_VALUES = MAX_STEP // 8  # whose bytes an int64 can count
Peer = Callable[..., dict[str, Any]]
LEARNING_RATE = "learning rate"
MOMENTUM = "momentum"


class CoreSchedule(Protocol):
    """A schedule of `lrcore._core`."""

    def value(self, step: int) -> float:
        """The value at `step`."""

    def values(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """The values at `start` to `stop` - 1."""


# Names of the schedules in the order in which error messages list them, those of the momentum last.
NAMES = (
    "constant",
    "piecewise_constant",
    "piecewise_linear",
    "piecewise_cosine",
    "tabulated",
    "step",
    "multi_step",
    "inverse_time",
    "linear",
    "polynomial",
    "exponential",
    "exponential_decay",
    "cosine",
    "cosine_restarts",
    "tanh",
    "inverse_sqrt",
    "noam",
    "cyclic",
    "one_cycle",
    "warmup_stable_decay",
    "scaled",
    "sequence",
    "product",
    "warmup",
    "cooldown",
    "clip",
    "delay",
    "offset",
    "repeat",
    "until",
    "cyclic_momentum",
    "one_cycle_momentum",
)
_classes: dict[str, type[Schedule]] = {}


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning rate (or momentum) as a pure function of the step.

    The step t is the zero-based index of the optimizer update about to be done: update t uses `schedule(t)`. A schedule
    is an immutable value without state and without an optimizer: it compares and hashes by its fields, pickles, its
    `repr` rebuilds it, and any step costs the same. Past its end it holds its last value.

    Example:
        >>> from lrcore import Cyclic
        >>> schedule = Cyclic(base_lr=0.25, max_lr=1.25, step_size_up=2)
        >>> schedule(1)
        0.75
        >>> schedule.values(0, 6).tolist()
        [0.25, 0.75, 1.25, 0.75, 0.25, 0.75]
        >>> schedule == Cyclic(0.25, 1.25, 2, 2)
        True
    """

    name: ClassVar[str]
    quantity: ClassVar[str] = LEARNING_RATE
    peers: ClassVar[Mapping[str, Peer]] = {}  # what `compat` may be, where there is such an argument
    _yscale: ClassVar[str] = "linear"  # of its figure: "linear", "log", or "base" for that of its base
    __array_ufunc__: ClassVar[None] = None  # leaves `numpy_number * schedule` to __rmul__

    _core_schedule: CoreSchedule = field(init=False, repr=False, compare=False)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A subclass from elsewhere, with a name of its own or none, is no schedule that text or dicts can name.
        if (name := vars(cls).get("name")) in NAMES:
            _classes.setdefault(name, cls)

    @abstractmethod
    def __post_init__(self, *args: Any, **kwargs: Any) -> None:
        """Hand the coerced fields to `_init_fields`; the arguments that are no fields come as arguments."""

    @abstractmethod
    def _timeline(self) -> Timeline:
        """The course as the formula has it; `course` leaves out an end that no step reaches."""

    def __call__(self, step: int) -> float:
        """The value of update `step`.

        Args:
            step: Zero-based index of the update, an int64.

        Raises:
            ValueError: When `step` is negative.
            TypeError: When `step` is not an integer.
        """
        # What needs no coercion gets none: that would take longer than the rest of the call.
        if type(step) is int and 0 <= step <= MAX_STEP:
            return self._core_schedule.value(step)
        return self._core_schedule.value(as_int("step", step))

    def values(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """The values of updates `start` to `stop` - 1, shape (stop - start,), float64.

        Each is bit for bit what a call with that step gives.

        Raises:
            ValueError: Unless 0 <= start <= stop and the values fit in memory.
        """
        start, stop = as_int("start", start), as_int("stop", stop)
        if stop - start <= MOST_VALUES:
            with suppress(MemoryError):
                return self._core_schedule.values(start, stop)
        raise ValueError(f"stop must leave no more values than fit in memory, but got {stop}")

    def course(self) -> Timeline:
        """Length of the schedule, the beginnings of its phases, and its behaviour after them.

        Example:
            >>> from lrcore import Cosine, Linear, Warmup
            >>> Cosine(0.1, decay_steps=300).course()
            Timeline(length=301, constant_from=300, complete_after=300, undefined_from=None, ...)
            >>> Warmup(Linear(0.1, 0.0, total_steps=300), steps=50).course().complete_after
            350
        """
        return self._timeline().without_unreachable_end()

    def describe(self, steps: int | None = None) -> str:
        """The schedule in words: its ends and extremes, its phases, and what comes after them.

        Args:
            steps: Updates to look at, from update 0 on, at least 1; None for as many as the schedule lasts, or where it
                has no end for a stretch that shows its shape.

        Raises:
            ValueError: When `steps` is less than 1.
            TypeError: When `steps` is not an integer.

        Example:
            >>> from lrcore import Cosine, Warmup
            >>> print(Warmup(Cosine(0.5, decay_steps=100), steps=20, first="0").describe())
            Warmup(base=Cosine(base_lr=0.5, decay_steps=100, ...), steps=20, ..., first='0', ...)
            learning rate of 121 updates:
              first    0            at update 0
              highest  0.5          at update 20
              lowest   0            at update 0
              last     0            at update 120
            phases:
              0 to 19              0 to 0.475
              20 to 120            0.5 to 0
            from update 120 on: held at 0
        """
        return describe(self, steps)

    def plot(self, ax: Axes | None = None, steps: int | None = None, start: int = 0) -> Axes:
        """Draw the schedule with matplotlib, as `lrcore.plot_schedule` does it.

        Args:
            ax: Where to draw; a new figure if None.
            steps: Updates to draw, at least 1; None for as many as `describe` looks at.
            start: First of them, at least 0.

        Raises:
            ValueError: When `steps` or `start` is out of range, or a value is greater than 1e200.
            TypeError: When `steps` or `start` is not an integer.
            ImportError: When matplotlib is not installed.
        """
        return plot_schedule(self, steps, ax, start)

    def then(self, after: Schedule, at: int) -> Schedule:
        """This schedule for `at` steps and then `after`, from its own step 0 on: the `Sequence` of both.

        Raises:
            ValueError: When `at` is less than 1 or cuts a `Warmup` short.
            TypeError: When `after` is not a schedule of the same quantity or `at` is not an integer.

        Example:
            >>> from lrcore import Constant, Linear
            >>> Constant(1.0).then(Linear(1.0, 0.0, 5), at=2).values(0, 5).tolist()
            [1.0, 1.0, 1.0, 0.75, 0.5]
        """
        return Sequence([self, of_quantity(self.quantity, "after", after)], [as_int("at", at)])

    def __mul__(self, other: Schedule | float) -> Schedule:
        """The `Product` with another schedule, or this one `Scaled` by a number."""
        if isinstance(other, Schedule):
            return Product([self, other])
        if isinstance(other, numbers.Real):
            return Scaled(self, other)
        return NotImplemented

    __rmul__ = __mul__

    def to_dict(self) -> dict[str, Any]:
        """The schedule in plain JSON types.

        Example:
            >>> from lrcore import InverseSqrt
            >>> InverseSqrt(0.5, timescale=100).to_dict()
            {'schedule': 'inverse_sqrt', 'version': 1, 'base_lr': 0.5, 'timescale': 100, 'warmup_steps': 0}
        """
        arguments = zip(self._field_names(), self._arguments(), strict=True)
        return {"schedule": self.name, "version": VERSION} | {name: _to_plain(value) for name, value in arguments}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Schedule:
        """The schedule that `to_dict` described.

        Args:
            content: The schedule's name, version and every field. Called on a subclass, only that schedule is accepted.

        Raises:
            ValueError: When the name, the version or a field is unknown, or a field is missing.
            TypeError: When `content` is not a mapping.

        Example:
            >>> from lrcore import Schedule
            >>> Schedule.from_dict({"schedule": "constant", "version": 1, "lr": 0.1})
            Constant(lr=0.1)
        """
        if not isinstance(content, Mapping):
            raise TypeError(f"a schedule must be read from a mapping, but got {content!r}")
        found = find_schedule(
            content.get("schedule"), [known for known in schedule_classes() if issubclass(known, cls)]
        )
        check_depth(content)
        check_version(f"schedule {found.name!r}", content, VERSION)
        arguments = {name: value for name, value in content.items() if name not in ("schedule", "version")}
        check_fields(f"schedule {found.name!r}", arguments, found._field_names())
        return found(**{name: _from_plain(value) for name, value in arguments.items()})

    def __reduce__(self) -> tuple[type[Schedule], tuple[Any, ...]]:
        return type(self), self._arguments()

    def _init_fields(self, core_class: Callable[..., CoreSchedule], **arguments: Any) -> None:
        """Keep the coerced arguments as the fields, and the core's schedule, which checks them."""
        arguments = {name: _with_one_zero(value) for name, value in arguments.items()}
        core_arguments = {name: _to_core(value) for name, value in arguments.items()}
        object.__setattr__(self, "_core_schedule", core_class(**core_arguments))
        for name, value in arguments.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _field_names(cls) -> tuple[str, ...]:
        return tuple(item.name for item in fields(cls) if item.init)

    def _arguments(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._field_names())


def schedule_classes() -> tuple[type[Schedule], ...]:
    """Every schedule of the package, in the order of `NAMES`."""
    return tuple(_classes[name] for name in NAMES)


def learning_rate_classes() -> tuple[type[Schedule], ...]:
    """Every schedule that can be one of the learning rate, in the order of `NAMES`."""
    return tuple(schedule for schedule in schedule_classes() if schedule.quantity != MOMENTUM)


class HasName(Protocol):
    """A class that can be asked for by name."""

    name: ClassVar[str]


Named = TypeVar("Named", bound=HasName)


def find_schedule(name: object, among: Iterable[type[Named]]) -> type[Named]:
    """The class in `among` that goes by `name`; ValueError with the names to choose from if there is none."""
    classes = {schedule.name: schedule for schedule in among}
    if not isinstance(name, str) or name not in classes:
        raise ValueError(f"unknown schedule {name!r}: choose one of {', '.join(classes)}")
    return classes[name]


def learning_rate(name: str, value: Any) -> Schedule:
    """`value` itself, if it is a schedule of the learning rate."""
    return of_quantity(LEARNING_RATE, name, value)


def of_quantity(quantity: str, name: str, value: Any) -> Schedule:
    """`value` itself, if it is a schedule of that quantity."""
    if not isinstance(value, Schedule) or value.quantity != quantity:
        raise TypeError(f"{name} must be a {quantity.replace(' ', '-')} schedule, but got {value!r}")
    return value


def _with_one_zero(value: Any) -> Any:
    """`value` with 0.0 for -0.0: what is equal must have the same values, to the sign."""
    if isinstance(value, tuple):
        return tuple(map(_with_one_zero, value))
    return value + 0.0 if isinstance(value, float) else value


def _to_core(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_core(item) for item in value]
    return value._core_schedule if isinstance(value, Schedule) else value


def _to_plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_plain(item) for item in value]
    return value.to_dict() if isinstance(value, Schedule) else value


def _from_plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_plain(item) for item in value]
    return Schedule.from_dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True)
class Product(Schedule):
    """The product of several schedules at every step.

    lr(t) = schedules[0](t) * schedules[1](t) * ...,  the largest float64 where that overflows

    `first * second` is the same for two.

    Args:
        schedules: Schedules of the learning rate or a factor, at least one; nested at most 100 deep; kept as a tuple.

    Raises:
        ValueError: When there is no schedule or they are nested too deep.
        TypeError: When an item is not a schedule of the learning rate.

    Source: torch.optim.lr_scheduler.ChainedScheduler, which is a product only of schedulers that multiply.

    Example:
        >>> from lrcore import Linear, PiecewiseConstant
        >>> Product([Linear(1.0, 0.0, 5), PiecewiseConstant([2], [1.0, 0.5])]).values(0, 5).tolist()
        [1.0, 0.75, 0.25, 0.125, 0.0]
    """

    name: ClassVar[str] = "product"

    schedules: collections.abc.Sequence[Schedule]

    def __post_init__(self) -> None:
        self._init_fields(_core.Product, schedules=as_tuple_of(learning_rate, "schedules", self.schedules))

    def _timeline(self) -> Timeline:
        courses = [factor.course() for factor in self.schedules]
        return _product_timeline(courses, earliest(*map(Timeline.zero_from, courses, self.schedules)))


def _product_timeline(courses: collections.abc.Sequence[Timeline], zero_from: int | None) -> Timeline:
    """All of them multiplied: held when the last is, or from the step on from which one is held at zero."""
    end = (
        _constant_last(courses)
        if zero_from is None
        else next(part for part in courses if part.constant_from == zero_from)
    )
    first = first_undefined(courses)
    raised = [course.undefined_from for course in courses if course is not end]
    if end.constant_from is not None:
        courses = [course if course is end else course.cut(end.constant_from) for course in courses]
    return replace(
        end,
        length=max(course.length for course in courses),
        constant_from=end.constant_from if raised.count(None) == len(raised) else None,
        undefined_from=first.undefined_from,
        undefined_until=first.undefined_until,
        phase_starts=tuple(sorted({joint for course in courses for joint in course.phase_starts})),
        cycles=tuple(cycles for course in courses for cycles in course.cycles),
    )


def _constant_last(courses: collections.abc.Sequence[Timeline]) -> Timeline:
    return max(courses, key=lambda course: math.inf if course.constant_from is None else course.constant_from)


@dataclass(frozen=True)
class Scaled(Schedule):
    """Another schedule with every learning rate multiplied by one number.

    lr(t) = factor * base(t),  the largest float64 where that overflows

    Args:
        base: Schedule of the learning rate, which may itself be scaled; nested at most 100 deep.
        factor: Finite and greater than 0.

    Raises:
        ValueError: When `factor` is out of range or `base` is nested too deep.
        TypeError: When an argument is of the wrong type.

    Source: the linear scaling rule of Goyal et al., "Accurate, Large Minibatch SGD" (arXiv:1706.02677), section 2.1.

    Example:
        >>> from lrcore import Cyclic
        >>> Scaled(Cyclic(0.25, 1.25, step_size_up=2), 0.5).values(0, 5).tolist()
        [0.125, 0.375, 0.625, 0.375, 0.125]
    """

    name: ClassVar[str] = "scaled"
    _yscale: ClassVar[str] = "base"

    base: Schedule
    factor: float

    def __post_init__(self) -> None:
        self._init_fields(_core.Scaled, base=learning_rate("base", self.base), factor=as_float("factor", self.factor))

    def _timeline(self) -> Timeline:
        return self.base.course()


@dataclass(frozen=True)
class Sequence(Schedule):
    """Several schedules, each from its own step 0 on, one after another.

    lr(t) = schedules[i](t - begin),  i = number of milestones m with m <= t,  begin = milestones[i - 1], or 0 for i = 0

    `first.then(second, at=10)` is the same for two. A sequence in a sequence is that one sequence, written flat.

    Args:
        schedules: Schedules of one quantity, the learning rate or the momentum, at least one; nested at most 100 deep;
            kept as a tuple.
        milestones: Steps at which the next schedule begins, increasing and greater than 0, one fewer than there are
            schedules; a `Warmup` needs all its steps; kept as a tuple.

    Raises:
        ValueError: When an item is out of range, the lengths do not fit, or the schedules are nested too deep.
        TypeError: When an item is of the wrong type.

    Source: torch.optim.lr_scheduler.SequentialLR and optax.join_schedules. PyTorch's goes wrong when it is nested,
        loaded, or made of schedulers that write into the optimizer; here the step alone says what the value is.

    Example:
        >>> from lrcore import Constant, Linear
        >>> Sequence([Linear(0.0, 1.0, 5), Constant(0.5)], milestones=[3]).values(0, 5).tolist()
        [0.0, 0.25, 0.5, 0.5, 0.5]
    """

    name: ClassVar[str] = "sequence"

    schedules: collections.abc.Sequence[Schedule]
    milestones: collections.abc.Sequence[int]

    def __post_init__(self) -> None:
        given = as_tuple_of(unchecked, "schedules", self.schedules)
        quantity = next((item.quantity for item in given[:1] if isinstance(item, Schedule)), LEARNING_RATE)
        self._init_fields(
            _core.ScheduleSequence,
            schedules=as_tuple_of(partial(of_quantity, quantity), "schedules", given),
            milestones=as_tuple_of(as_int, "milestones", self.milestones),
        )

    def _timeline(self) -> Timeline:
        *parts, course = (schedule.course() for schedule in self.schedules)
        begins = (0, *self.milestones)
        course = course.shifted(begins[-1])
        for part, begin, end in reversed(list(zip(parts, begins, self.milestones, strict=False))):
            course = course.preceded_by(part.cut(end - begin).shifted(begin))
        return course

    @property
    def quantity(self) -> str:  # type: ignore[override]  # depends on the parts
        """The quantity of the schedules in it."""
        return self.schedules[0].quantity
