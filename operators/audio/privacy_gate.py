"""Audio without speech."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from reactivex import Observable, abc, create
from reactivex.disposable import CompositeDisposable

from flowrun.models.ontology import members
from flowrun.operators.audio._gate import Gate
from flowrun.schemas.delay import Delay
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Failed, Scores, StreamEnd
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo, nearest

SPEECH = ("Speech",)


def _info(
    *, audio: StreamInfo, scores: StreamInfo, labels: list[str] | None, before_s: float = 0.0, **_: object
) -> StreamInfo:
    if labels is not None and not labels:
        raise Mismatch("no label is named, so nothing would be removed", "labels")
    for i, label in enumerate(labels or SPEECH):
        if scores.labels is not None and not members(label, scores.labels):
            path = ("labels", i) if labels else ()
            text = f"{scores.step!r} has no label {label!r}, nor a kind of it"
            raise Mismatch(text, *path, remedy=nearest(label, scores.labels))
    return replace(audio, delay=_delay(audio, scores, before_s))


def _delay(audio: StreamInfo, scores: StreamInfo, before_s: float) -> Delay | None:
    """Return that of a sample: it passes when no window that would silence it can come any more."""
    if not (audio.delay and scores.delay and scores.window_s and scores.hop_s):
        return None
    known = scores.delay.later("window that hears it", scores.window_s).later("before_s", before_s)
    known = known.later("pause between windows", scores.hop_s - scores.window_s)
    return max(audio.delay, known, key=lambda delay: delay.total_s)


@operator(info=_info)
def privacy_gate(
    audio: Observable[Audio | StreamEnd],
    scores: Observable[Scores],
    *,
    labels: list[str] | None = None,
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.1,
    before_s: Annotated[float, Field("s", ge=0, le=60)] = 1.0,
    after_s: Annotated[float, Field("s", ge=0, le=3600)] = 2.0,
) -> Observable[Audio]:
    """Silence the audio while speech is heard, before anybody can keep it.

    Every sample of a window in which a label reaches the threshold becomes 0, and so do those shortly before and after;
    what is not covered by any window, because it was not scored, does too. No sample is left out, so times stay right.
    The audio comes later by what there is to wait for: a window, and `before_s`; scores that are more than a minute
    behind the audio are not waited for. It takes the scores of all classes, not the best few of them.

    Args:
        labels: What is not to be heard, with all kinds of it in the AudioSet ontology; without it "Speech".
        threshold: The score from which a window counts; a low one loses more of other sounds, and misses less speech.
        before_s: How much is removed before a window with speech: what was too short to be recognised.
        after_s: How much is removed after it.
    """

    def subscribe(observer: abc.ObserverBase[Audio], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        streams: dict[str, Gate] = {}
        open_inputs = 2

        def on_next(item: Audio | Scores | StreamEnd | Failed) -> None:
            if isinstance(item, Failed):
                observer.on_next(item)  # type: ignore[arg-type]  # as kernels pass them on
                return
            gate = streams.setdefault(item.stream, Gate(labels or SPEECH, threshold, before_s, after_s))
            try:
                passed = gate.end() if isinstance(item, StreamEnd) else gate(item)
            except ValueError as error:
                observer.on_next(Failed(item.stream, error, item))  # type: ignore[arg-type]  # as kernels do
                return
            if gate.ended or isinstance(item, StreamEnd):
                del streams[item.stream]
            for block in passed:
                observer.on_next(block)

        def on_completed() -> None:
            nonlocal open_inputs
            open_inputs -= 1
            if open_inputs:
                return
            for gate in streams.values():
                for block in gate.end():
                    observer.on_next(block)
            observer.on_completed()

        # Not `reactivex.merge`: it leaves subscribing to the scheduler, in virtual time until one item has gone by.
        listen = (on_next, observer.on_error, on_completed)
        return CompositeDisposable(
            scores.subscribe(*listen, scheduler=scheduler), audio.subscribe(*listen, scheduler=scheduler)
        )

    return create(subscribe)
