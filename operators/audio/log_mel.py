"""VGGish's features."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from reactivex import Observable

from flowrun.models.framing import Framer, padding
from flowrun.models.log_mel import (
    FRAME_SAMPLES,
    HOP_SAMPLES,
    PATCH_FRAMES,
    RATE_HZ,
    FrontEnd,
)
from flowrun.operators._rate import need_rate
from flowrun.operators._timeline import Timeline
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.late import np
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, Patches
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

FRAME_HOP_S = HOP_SAMPLES / RATE_HZ
WINDOW_S = PATCH_FRAMES * FRAME_HOP_S
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP_SAMPLES + FRAME_SAMPLES  # 15,600


def _info(*, audio: StreamInfo, hop_s: float, **_: Any) -> StreamInfo:
    audio.need_rate(RATE_HZ)
    if abs(hop_s / FRAME_HOP_S - round(hop_s / FRAME_HOP_S)) > 1e-6:
        raise Mismatch(f"hop_s must be a multiple of {FRAME_HOP_S:g} s, got {hop_s:g} s", "hop_s")
    delay = audio.delay and audio.delay.later("rest of the last frame", PATCH_SAMPLES / RATE_HZ - WINDOW_S)
    return StreamInfo(window_s=WINDOW_S, hop_s=hop_s, delay=delay)


@operator(info=_info)
def log_mel(
    audio: Observable[Audio],
    *,
    hop_s: Annotated[float, Field("s", ge=0.01, le=60)] = WINDOW_S,
    tail: Literal["drop", "pad"] = "drop",
) -> Observable[Patches]:
    """Compute VGGish's log-mel patches of 96 frames (0.96 s) by 64 bins, from audio at 16 kHz.

    A stream shorter than one patch is padded with silence.

    Args:
        hop_s: Distance between the starts of two patches, a multiple of 0.01 s; below 0.96 they overlap.
        tail: What is left at the end of a stream and fills no patch is dropped, as VGGish's own code does, or padded
            with silence, as YAMNet's does, so that the last sound is heard too.
    """
    front_end = FrontEnd()
    return per_stream(audio, lambda: _Kernel(front_end, round(hop_s / FRAME_HOP_S), tail))


class _Kernel:
    def __init__(self, front_end: FrontEnd, hop_frames: int, tail: str) -> None:
        self.front_end = front_end
        self.hop, self.tail = hop_frames * HOP_SAMPLES, tail
        self.frames = Framer(PATCH_FRAMES, hop_frames)
        self.timeline = Timeline(RATE_HZ, PATCH_FRAMES * HOP_SAMPLES, self.hop)
        self.kept = np.zeros(0, np.float32)  # samples of frames that are not complete
        self.heard = 0

    def __call__(self, audio: Audio) -> list[Patches]:
        need_rate(audio, RATE_HZ, "log_mel")
        samples = np.concatenate([self.kept, audio.samples])
        self.heard += len(audio.samples)
        if audio.last and self.heard and (self.tail == "pad" or self.heard < PATCH_SAMPLES):
            samples = np.pad(samples, (0, padding(self.heard, PATCH_SAMPLES, self.hop)))
        mel = self.front_end(samples)  # (frames, 64)
        self.kept = samples[len(mel) * HOP_SAMPLES :].copy()
        patches = self.frames(mel)  # (windows, 96, 64)
        at = self.timeline(audio, len(patches))
        return [] if at is None else [Patches(at, patches)]
