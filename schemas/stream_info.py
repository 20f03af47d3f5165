"""What is known about a stream before anything flows: its rate, its windows, its labels.

Each operator may say what it makes of this (`@operator(info=...)`), so a flow that cannot work is refused
when it is loaded, not an hour later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from flowrun.schemas.delay import Delay


class Mismatch(Exception):
    """A configuration that does not fit the stream; `path` leads to the value (or the key) inside the step."""

    def __init__(self, message: str, *path: str | int, remedy: str = "", at_key: bool = False) -> None:
        super().__init__(message)
        self.path = path
        self.remedy = remedy
        self.at_key = at_key


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word nearest to *word*, or a few of the known ones.

    >>> nearest("Glas", ["Glass", "Dog"])
    "did you mean 'Glass'?"
    >>> nearest("xyz", ["b", "a"])
    'known: a, b'
    """
    words = sorted(map(str, known))
    by_case = {w.casefold(): w for w in words}
    near = get_close_matches(word.casefold(), by_case, n=1)
    if near:
        return f"did you mean {by_case[near[0]]!r}?"
    return "known: " + ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Static facts about a stream; None where nothing is known before it runs.

    step: the step that gives the stream.
    probe: reads the rate from the medium (a file header); asked only when a step depends on it.
    embedding: name of the model that makes the embeddings.
    thresholds: whether scores come with the thresholds of their model.
    groups: of a set of examples, how many groups each class has (`Examples.groups`).
    source: the step that the stream comes from, and stream: its name.
    delay: of a live stream, how long after its sound an item comes at the latest.
    """

    step: str = ""
    rate_hz: int | None = None
    probe: Callable[[], int | None] | None = field(default=None, compare=False)
    window_s: float | None = None
    hop_s: float | None = None
    labels: tuple[str, ...] | None = None
    embedding: str | None = None
    source: str = ""
    stream: str | None = None
    thresholds: bool | None = None
    groups: Mapping[str, int] | None = field(default=None, compare=False)
    delay: Delay | None = None

    def need_rate(self, rate_hz: int) -> None:
        """Refuse a stream that is known to have another rate.

        Raises:
            Mismatch: the rate differs.
        """
        rate = self.rate_hz if self.rate_hz is not None or self.probe is None else self.probe()
        if rate is not None and rate != rate_hz:
            raise Mismatch(
                f"needs {rate_hz} Hz, but {self.step!r} gives {rate} Hz",
                "from",
                remedy=f"add `resample: {{use: resample, rate_hz: {rate_hz}}}` after {self.step!r}",
            )

    def need_label(self, label: str, *path: str | int) -> None:
        """Refuse a label that the model upstream does not know.

        Raises:
            Mismatch: the label is not among the stream's labels.
        """
        if self.labels is not None and label not in self.labels:
            hint = nearest(label, self.labels)
            raise Mismatch(f"{self.step!r} has no label {label!r}", *path, remedy=hint, at_key=True)

    def need_embedding(self, model: str) -> None:
        """Refuse embeddings of another model.

        Raises:
            Mismatch: the embeddings come from another model.
        """
        if self.embedding is not None and self.embedding != model:
            raise Mismatch(
                f"was trained on {model} embeddings, but {self.step!r} gives {self.embedding} embeddings",
                "from",
                remedy=f"read from a `{model}` step",
            )
