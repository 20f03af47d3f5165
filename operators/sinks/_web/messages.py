"""What browsers that look at the flow are sent, made once for all of them."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from typing import Any

from flowrun.models.log_mel import MAX_HZ, MEL_BINS, MIN_HZ
from flowrun.models.picture.rolling import FLOOR_DB, HOP_S, RollingSpectrogram
from flowrun.operators.sinks._web.desk import Slot
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Levels, Predictions, Scores

TOP = 10
SILENCE_DB = -120.0
MEL = {
    "bins": MEL_BINS,
    "hop_s": HOP_S,
    "low_hz": MIN_HZ,
    "high_hz": MAX_HZ,
    "floor_db": FLOOR_DB,
    "scale": "htk",
}


def message(kind: str, **parts: Any) -> str:
    """Return a message as it is sent."""
    return json.dumps({"type": kind, **parts}, ensure_ascii=False, separators=(",", ":"))


class Painter:
    """Makes the messages of the streams; it keeps what the picture of a stream goes on from."""

    def __init__(self) -> None:
        self._rolling: dict[str, RollingSpectrogram] = {}

    def messages(self, slots: dict[str, Slot]) -> dict[tuple[str, str], str]:
        """Return the messages, by kind and stream; each takes the place of one that a browser has not got yet."""
        made = {}
        for stream, slot in slots.items():
            if slot.audio:
                made["audio", stream] = self._audio(stream, list(slot.audio))
            if slot.scores:
                made["scores", stream] = _scores(stream, slot.scores)
            if slot.levels:
                made["level", stream] = _level(stream, slot.levels)
        return made

    def forget(self, streams: set[str]) -> None:
        """Forget all but *streams*."""
        self._rolling = {stream: rolling for stream, rolling in self._rolling.items() if stream in streams}

    def _audio(self, stream: str, blocks: list[Audio]) -> str:
        joined = _joined(blocks)
        rolling = self._rolling.get(stream)
        if rolling is None or rolling.rate_hz != joined.rate_hz:
            rolling = self._rolling[stream] = RollingSpectrogram(joined.rate_hz)
        start_s, frames = rolling(joined.samples, joined.start_sample)
        power = float(np.mean(np.square(joined.samples))) if len(joined.samples) else 0.0
        peak = float(np.max(np.abs(joined.samples), initial=0.0))
        return message(
            "audio",
            stream=stream,
            start_s=round(start_s, 3),
            mel=b64encode(frames.tobytes()).decode(),
            rms_db=_db(power, 10),
            peak_db=_db(peak, 20),
        )


def _joined(blocks: list[Audio]) -> Audio:
    """Return the last blocks that join, as one."""
    first = len(blocks) - 1
    while first and blocks[first - 1].start_sample + len(blocks[first - 1].samples) == blocks[first].start_sample:
        first -= 1
    samples = np.concatenate([block.samples for block in blocks[first:]])
    at = blocks[first]
    return Audio(np.nan_to_num(samples), at.rate_hz, at.stream, at.start_sample)


def top(item: Scores | Predictions) -> list[tuple[str, float]]:
    """Return the best classes of the last window, best first."""
    if isinstance(item, Predictions):
        return [(prediction.label, round(float(prediction.score), 4)) for prediction in item.rows[-1][:TOP]]
    values = np.nan_to_num(item.values[-1])
    return [(item.labels[i], round(float(values[i]), 4)) for i in np.argsort(-values, kind="stable")[:TOP]]


def _scores(stream: str, item: Scores | Predictions) -> str:
    start_s = round(float(item.at.start_s[-1]), 3)
    return message("scores", stream=stream, start_s=start_s, window_s=round(item.at.window_s, 3), top=top(item))


def _level(stream: str, item: Levels) -> str:
    value = float(item.values[-1])
    level = round(value, 1) if math.isfinite(value) else SILENCE_DB
    return message("level", stream=stream, start_s=round(float(item.at.start_s[-1]), 3), level_db=level, unit=item.unit)


def _db(value: float, times: int) -> float:
    return round(max(SILENCE_DB, times * math.log10(value)), 1) if value > 0 else SILENCE_DB
