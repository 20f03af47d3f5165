"""Selection tables for Raven."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from reactivex import Observable

from flowrun.operators.sinks._regions import Region, RegionFiles
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Predictions, StreamEnd
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin File",
    "Label",
    "Score",
)


def _info(*, items: StreamInfo, low_hz: float, high_hz: float, **_: Any) -> StreamInfo:
    if low_hz >= high_hz:
        raise Mismatch(f"low_hz ({low_hz:g} Hz) must be below high_hz ({high_hz:g} Hz)", "low_hz")
    return items


@operator(info=_info)
def raven_table(
    items: Observable[Predictions | Event | StreamEnd],
    *,
    folder: Path,
    low_hz: Annotated[float, Field("Hz", ge=0)] = 0.0,
    high_hz: Annotated[float, Field("Hz", gt=0)] = 8000.0,
) -> Sink:
    """Write a selection table per stream, for Raven's File > Open Selection Table.

    Windows of one label that touch or overlap become one selection. A stream's file, `STREAM.selections.txt`, appears
    when the stream ends.

    Args:
        folder: Where the files go.
        low_hz: Lower edge of each selection.
        high_hz: Upper edge of each selection.
    """

    def render(stream: str, regions: list[Region]) -> str:
        rows = [COLUMNS]
        for i, r in enumerate(regions, start=1):
            times = (f"{r.start_s:.6f}", f"{r.end_s:.6f}")
            file = PurePosixPath(stream).name
            rows.append(
                (str(i), "Spectrogram 1", "1", *times, f"{low_hz:g}", f"{high_hz:g}", file, r.label, f"{r.score:.4f}")
            )
        return "".join("\t".join(row) + "\n" for row in rows)

    return write_to(items, lambda: RegionFiles(folder, ".selections.txt", render))
