"""From a kernel (plain function or generator) to the reactive shell of an operator.

All of them keep a failing item from ending the stream: it travels on as a `Failed` value, past every kernel behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Never, Protocol, TypeVar, cast

from reactivex import Observable, abc, create
from reactivex import operators as ops
from reactivex.disposable import BooleanDisposable
from reactivex.scheduler import ImmediateScheduler

from flowrun.schemas.ports import Failed

A_contra = TypeVar("A_contra", contravariant=True)


class Streamed(Protocol):
    """An item that belongs to a stream, may follow a gap and may be the stream's last."""

    @property
    def stream(self) -> str: ...  # noqa: D102
    @property
    def gap(self) -> bool: ...  # noqa: D102
    @property
    def last(self) -> bool: ...  # noqa: D102


class Writer(Protocol[A_contra]):
    """Where a sink puts its items."""

    def write(self, item: A_contra) -> None:
        """Take one item."""

    def close(self) -> None:
        """Make what was written permanent: nothing more will come."""

    def abort(self) -> None:
        """Let go of everything: the flow failed."""


A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
Sink = Observable[Never]
S = TypeVar("S", bound=Streamed)


def each(source: Observable[A], kernel: Callable[[A], B]) -> Observable[B]:
    """Make an operator of a function from one item to one item.

    >>> from reactivex import of
    >>> each(of(1, 2), lambda n: 10 * n).subscribe(print).dispose()
    10
    20
    """
    return _operator(source, lambda: lambda item: (kernel(item),))


def per_stream(
    source: Observable[S], make: Callable[[], Callable[[S], Iterable[B]]], *, across_gaps: bool = False
) -> Observable[B]:
    """Make an operator of a stateful kernel: *make* returns a fresh one for each stream.

    The kernel returns the items it gives for one item, often none or one; a generator passes each on before it makes
    the next. It is made anew after a gap, unless it deals with those itself (*across_gaps*), and after an item it
    failed on; it is dropped after the item marked `last`, for which it must flush.
    """

    def fresh() -> Callable[[S], Iterable[B]]:
        kernels: dict[str, Callable[[S], Iterable[B]]] = {}

        def step(item: S) -> Iterator[B]:
            kernel = kernels.pop(item.stream, None)
            if kernel is None or (item.gap and not across_gaps):
                kernel = make()
            yield from kernel(item)
            if not item.last:
                kernels[item.stream] = kernel

        return step

    return _operator(source, fresh)


def fork(pairs: Observable[tuple[B, C]]) -> tuple[Observable[B], Observable[C]]:
    """Make two outputs of one stream of pairs; failures take the first."""
    shared = pairs.pipe(ops.share())

    def first(pair: tuple[B, C] | Failed) -> B:
        return cast(B, pair) if isinstance(pair, Failed) else pair[0]

    def second(pair: tuple[B, C]) -> C:
        return pair[1]

    whole = shared.pipe(ops.filter(lambda pair: not isinstance(pair, Failed)))
    return shared.pipe(ops.map(first)), whole.pipe(ops.map(second))


def split(items: Observable[B | C], first: type[B], second: type[C]) -> tuple[Observable[B], Observable[C]]:
    """Make two outputs of one stream of items of two types; failures take the first."""
    shared = items.pipe(ops.share())
    takes_first = shared.pipe(ops.filter(lambda item: isinstance(item, (first, Failed))))
    takes_second = shared.pipe(ops.filter(lambda item: isinstance(item, second)))
    return cast("Observable[B]", takes_first), cast("Observable[C]", takes_second)


def write_to(items: Observable[A], make: Callable[[], Writer[A]]) -> Sink:
    """Make a sink of a writer: *make* opens it when the flow starts."""

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        writer = make()

        def on_next(item: A) -> None:
            try:
                writer.write(item)
            except Exception as error:  # any failure of a writer concerns this item only
                observer.on_next(Failed(getattr(item, "stream", ""), error, item))

        def on_error(error: Exception) -> None:
            writer.abort()
            observer.on_error(error)

        def on_completed() -> None:
            try:
                writer.close()
            except Exception as error:  # a file that cannot be completed is a failure of the step
                observer.on_error(error)
            else:
                observer.on_completed()

        return items.subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    return create(subscribe)


def produce(make: Callable[[], Iterator[A | Failed]]) -> Observable[A]:
    """Make a source of a generator function; what it raises ends the stream with that error.

    The generator runs where the subscriber's scheduler says: the engine gives each source a thread.
    """

    def subscribe(observer: abc.ObserverBase[A], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        subscription = BooleanDisposable()

        def run(_scheduler: abc.SchedulerBase, _state: object = None) -> None:
            try:
                for item in make():
                    if subscription.is_disposed:
                        return
                    observer.on_next(cast(A, item))
            except Exception as error:  # whatever a source raises ends it, with the reason
                observer.on_error(error)
            else:
                observer.on_completed()

        (scheduler or ImmediateScheduler.singleton()).schedule(run)
        return subscription

    return create(subscribe)


def _caught(step: Callable[[A], Iterable[B]], item: A) -> Iterator[B]:
    """Yield what *step* gives for *item*, and a `Failed` in the place of an exception."""
    if isinstance(item, Failed):  # of an operator that this one was called on directly
        yield cast(B, item)
        return
    try:
        yield from step(item)
    except Exception as error:  # any failure of a kernel concerns this item only
        yield cast(B, Failed(getattr(item, "stream", ""), error, item))


def _operator(source: Observable[A], fresh: Callable[[], Callable[[A], Iterable[B]]]) -> Observable[B]:
    def subscribe(observer: abc.ObserverBase[B], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        step = fresh()

        def on_next(item: A) -> None:
            for result in _caught(step, item):
                observer.on_next(result)

        return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

    return create(subscribe)
