"""The shell that all network sinks share: kept first, then sent, in order, at least once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

from reactivex import Observable, abc, create
from reactivex.disposable import CompositeDisposable, Disposable

from flowrun.models.outbox.letter import Letter, Limits
from flowrun.operators._delivery.dispatch import Dispatch
from flowrun.operators._delivery.link import Link, Refused, Unreachable
from flowrun.operators._delivery.switched import Switched
from flowrun.schemas.errors import DeliveryError
from flowrun.schemas.event import as_json
from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Failed
from flowrun.schemas.run import Run

__all__ = [
    "MEGABYTES_100",
    "WEEK_S",
    "KeepBytes",
    "KeepS",
    "Letter",
    "Limits",
    "Link",
    "Refused",
    "Unreachable",
    "deliver",
]

# The options that every network sink has: `keep_s: KeepS = WEEK_S, keep_bytes: KeepBytes = MEGABYTES_100`.
KeepS = Annotated[float, Field("s", gt=0)]
KeepBytes = Annotated[int, Field("bytes", gt=0)]
WEEK_S, MEGABYTES_100 = 7 * 86400.0, 100_000_000


def letter_of(event: Event) -> Iterator[tuple[str, bytes]]:
    """Yield the id of *event*, and it as JSON: what goes into the outbox."""
    yield event.id, as_json(event).encode()


def deliver(
    events: Observable[Any],
    link: Callable[[], Link],
    run: Run,
    *,
    limits: Limits,
    letters: Callable[[Any], Iterable[tuple[str, bytes]]] = letter_of,
) -> Sink:
    """Keep each event in the outbox of the flow, durably, before anything is tried; send in order, at least once.

    At the end of the run what is left is tried within the grace; the rest waits in the outbox for the next run.

    Args:
        events: What to send.
        link: Makes what carries it; called when the flow starts.
        run: The run.
        limits: What is too old to be sent, and too much to be kept.
        letters: Tells what goes into the outbox for an item that is no event: for each letter an id and JSON.
    """

    def subscribe(observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        carrier = link()
        dispatch = Dispatch(carrier, run, limits)
        if isinstance(carrier, Switched):
            carrier.offer(dispatch.hurry)

        def on_next(event: Any) -> None:
            try:
                for name, body in letters(event):
                    dispatch.put(name, body)
            except Exception as error:  # whatever is odd about an event concerns this event only
                observer.on_next(Failed(event.stream, error, event))

        def on_error(error: Exception) -> None:
            dispatch.end()
            observer.on_error(error)

        def on_completed() -> None:
            lost = dispatch.end()
            if lost:
                observer.on_error(DeliveryError(f"{lost} events are lost: the disk did not take them"))
            else:
                observer.on_completed()

        source = events.subscribe(on_next, on_error, on_completed, scheduler=scheduler)
        return CompositeDisposable(source, Disposable(dispatch.abandon))

    return create(subscribe)
