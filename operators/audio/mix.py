"""Mixtures of sounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from reactivex import Observable, abc, create

from flowrun.models.augmentation.mixture import Mixer
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPORT_EVERY = 100


def _info(*, audio: StreamInfo, **_: object) -> StreamInfo:
    return replace(audio, delay=audio.delay and audio.delay.at_the_end())


@operator(info=_info)
def mix(
    audio: Observable[Audio],
    *,
    count: Annotated[int, Field("mixtures", ge=1)],
    duration_s: Annotated[float, Field("s", gt=0, le=600)] = 5.0,
    shares: dict[str, Annotated[float, Field(ge=0)]] | None = None,
    seed: Annotated[int, Field(ge=0)] = 1,
    run: Run,
) -> Observable[Audio]:
    """Mix new scenes from a collection of sounds, at random times and levels.

    One to three sounds are in front, and often there is one behind, which goes on all the time.

    All sounds are kept in memory, two bytes a sample, until the last one has come; then the mixtures follow, a stream
    each. A mixture depends on the sounds, the seed and its number alone. The collection of a sound is the first part
    of its stream's name, up to the slash.

    Args:
        count: How many mixtures.
        duration_s: How long each is.
        shares: How often each collection is drawn, against 1 for one that is not named; without it all alike.
        seed: Which of the possible mixtures.
    """

    def subscribe(observer: abc.ObserverBase[Audio], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        collection = _Collection()

        def on_completed() -> None:
            try:
                for mixture in collection.mixtures(count, duration_s, shares or {}, seed, run):
                    observer.on_next(mixture)
            except ValueError as error:
                observer.on_error(error)
            else:
                observer.on_completed()

        return audio.subscribe(collection.add, observer.on_error, on_completed, scheduler=scheduler)

    return create(subscribe)


class _Collection:
    def __init__(self) -> None:
        self.blocks: dict[str, list[NDArray[np.int16]]] = {}
        self.rates: dict[int, str] = {}  # and a stream that has it

    def add(self, block: Audio) -> None:
        self.rates.setdefault(block.rate_hz, block.stream)
        samples = np.clip(np.rint(block.samples * np.float32(32768)), -32768, 32767).astype(np.int16)
        self.blocks.setdefault(block.stream, []).append(samples)

    def mixtures(self, count: int, duration_s: float, shares: dict[str, float], seed: int, run: Run) -> Iterator[Audio]:
        if len(self.rates) > 1:
            (one, first), (other, second), *_ = self.rates.items()
            raise ValueError(
                f"{first} has {one} Hz, {second} {other} Hz: add `resample: {{use: resample, rate_hz: {one}}}` before"
            )
        # In the order of their names: that of their coming depends on who read faster.
        sounds: dict[str, Any] = {name: np.concatenate(self.blocks[name]) for name in sorted(self.blocks)}
        self.blocks.clear()
        mixer, (rate_hz,) = Mixer(sounds, shares), self.rates
        length = max(1, round(duration_s * rate_hz))
        run.expect(streams=count)
        for number in range(count):
            if run.stopping.is_set():
                return
            if number % REPORT_EVERY == 0:
                run.report(number / count, f"mixture {number:,} of {count:,}")
            samples = mixer(length, np.random.default_rng([seed, number]))
            yield Audio(samples, rate_hz, f"mixture/{number:07}", last=True)
