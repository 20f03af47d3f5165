"""Sounds as another room, microphone and recorder would have left them."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from reactivex import Observable

from flowrun.models.augmentation.channel import Channel
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import StreamInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

Share = Annotated[float, Field(ge=0, le=1)]
MAX_S = 600


def _info(*, audio: StreamInfo, **_: object) -> StreamInfo:
    return replace(audio, delay=audio.delay and audio.delay.at_the_end())


@operator(info=_info)
def augment(
    audio: Observable[Audio],
    *,
    seed: Annotated[int, Field(ge=0)] = 1,
    untouched: Share = 0.15,
    speed: Share = 0.3,
    filter: Share = 0.5,
    reverb: Share = 0.4,
    noise: Share = 0.3,
    silence: Share = 0.1,
    level: Share = 0.8,
) -> Observable[Audio]:
    """Change recordings at random, each in its own way, to have more of them to learn from.

    A stream is changed as a whole, when its end has come, so this is for clips of up to ten minutes. What is done to a
    stream depends on the seed and on its name alone.

    Args:
        seed: Which of the possible changes.
        untouched: Share of the streams that stay as they are. The other shares are of the others.
        speed: Share that is played faster or slower, pitch and all, by up to a quarter.
        filter: Share that is heard through a random frequency response, as of a microphone or a wall.
        reverb: Share that is heard in a room, a synthetic one.
        noise: Share that has noise added, 0 to 45 dB below it.
        silence: Share that has a piece cut out.
        level: Share that gets another level, with its peak between -45 and 0 dBFS.
    """
    channel = Channel(
        untouched=untouched, speed=speed, filter=filter, reverb=reverb, noise=noise, silence=silence, level=level
    )
    return per_stream(audio, lambda: _Kernel(channel, seed))


class _Kernel:
    def __init__(self, channel: Channel, seed: int) -> None:
        self.channel = channel
        self.seed = seed
        self.blocks: list[NDArray[np.float32]] = []
        self.samples = 0
        self.first: Audio | None = None

    def __call__(self, audio: Audio) -> list[Audio]:
        self.first = self.first or audio
        self.blocks.append(audio.samples)
        self.samples += len(audio.samples)
        if self.samples > MAX_S * audio.rate_hz:
            raise ValueError(f"augment takes streams of up to {MAX_S} s: cut the recording into clips")
        if not audio.last:
            return []
        random = np.random.default_rng([self.seed, zlib.crc32(audio.stream.encode())])
        samples = self.channel(np.concatenate(self.blocks), audio.rate_hz, random)
        first = self.first
        return [Audio(samples, audio.rate_hz, audio.stream, first.start_sample, first.captured_at, last=True)]
