"""Label tracks for Audacity."""

from __future__ import annotations

from pathlib import Path

from reactivex import Observable

from flowrun.operators.sinks._regions import Region, RegionFiles
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Event, Predictions, StreamEnd
from flowrun.schemas.spec import operator


@operator
def audacity_labels(items: Observable[Predictions | Event | StreamEnd], *, folder: Path) -> Sink:
    """Write a label track per stream, for Audacity's File > Import > Labels.

    Windows of one label that touch or overlap become one label. A stream's file, `STREAM.txt`, appears when the stream
    ends.

    Args:
        folder: Where the files go.
    """
    return write_to(items, lambda: RegionFiles(folder, ".txt", render))


def render(stream: str, regions: list[Region]) -> str:
    r"""Return a label track: start, end and text, tab-separated, a line each.

    >>> render("a.wav", [Region(0.0, 1.5, "Dog", 0.83)])
    '0.000000\t1.500000\tDog 0.83\n'
    """
    return "".join(f"{r.start_s:.6f}\t{r.end_s:.6f}\t{r.label} {r.score:.2f}\n" for r in regions)
