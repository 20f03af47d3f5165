"""Sounds made by our own code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.synthesis.catalogue import KINDS, Kind, sound
from flowrun.models.synthesis.speech import find_program
from flowrun.schemas.kernel import produce
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo


def _info(*, kinds: list[Kind] | None, rate_hz: int, **_: Any) -> StreamInfo:
    if kinds is not None and (not kinds or len(set(kinds)) < len(kinds)):
        raise Mismatch("needs at least one kind, and each once", "kinds")
    return StreamInfo(rate_hz=rate_hz)


@operator(info=_info)
def synthetic_sounds(
    *,
    count: Annotated[int, Field(ge=1)],
    kinds: list[Kind] | None = None,
    seed: Annotated[int, Field(ge=0)] = 0,
    rate_hz: Annotated[int, Field("Hz", ge=8000, le=192000)] = 16000,
    run: Run,
) -> Observable[Audio]:
    """Make sounds of glass, sirens, alarms, tones, noise, knocks, engines and speech, one stream each, 1 to 10 s long.

    The kinds take turns. A sound depends on its number, its kind and the seed alone: more of them begin with the same
    ones. Streams are named `synthetic/KIND/NUMBER`. Speech is said by the program espeak-ng, which must be installed
    where it is asked for.

    Args:
        count: How many sounds.
        kinds: Which kinds; without it all.
        seed: Another seed gives other sounds.
        rate_hz: Sample rate.
    """
    chosen = kinds or list(KINDS)
    if "speech" in chosen:
        find_program()  # before anything runs, not at the first sentence

    def blocks() -> Iterator[Audio]:
        run.expect(streams=count)
        for index in range(count):
            if run.stopping.is_set():
                return
            kind = chosen[index % len(chosen)]
            yield Audio(sound(kind, seed, index, rate_hz), rate_hz, f"synthetic/{kind}/{index:04}", last=True)

    return produce(blocks)
