"""Examples that are cut from labelled recordings, until there are all."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

from flowrun.models.examples.joined import padded
from flowrun.models.examples.labelled_files import find
from flowrun.operators.training._classes import Classes
from flowrun.schemas.late import np
from flowrun.schemas.ports import Embeddings, Examples
from flowrun.schemas.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Collection:
    """The examples so far.

    Args:
        classes: What each recording is of.
        example_s: The longest example.
        run: The run that collects.
    """

    def __init__(self, classes: Classes, example_s: float, run: Run) -> None:
        self.classes = classes
        self.example_s = example_s
        self.run = run
        self.windows: dict[str, list[Embeddings]] = {}  # of streams that go on
        self.features: list[NDArray[Any]] = []
        self.ids: list[str] = []
        self.targets: list[NDArray[np.bool_]] = []
        self.groups: list[str] = []
        self.embedding = ""
        self.hop_s = 0.0

    def add(self, item: Embeddings) -> None:
        """Take some windows of a recording.

        Raises:
            ValueError: the set would not be whole, or not of one kind.
        """
        if not self.embedding:
            if not self.run.claim("the set"):
                raise ValueError("the set must come in one piece: give its source `workers: 1`")
            self.embedding, self.hop_s = item.model, item.at.hop_s
            if self.classes.left_out:
                self.run.warn(f"left out, because they have too few groups: {', '.join(self.classes.left_out)}")
        if item.model != self.embedding:
            raise ValueError(f"the set has {self.embedding} embeddings, got {item.model}")
        self.windows.setdefault(item.stream, []).append(item)
        if item.last:
            self._end(item.stream, self.windows.pop(item.stream))

    def _end(self, stream: str, items: list[Embeddings]) -> None:
        """Cut a recording that is complete into examples."""
        known = find(self.classes.recordings, stream)
        unknown = known is not None and known.label.casefold() in self.classes.unknown
        vectors = np.concatenate([item.vectors for item in items])
        if known is None or (known.label not in self.classes.labels and not unknown) or not len(vectors):
            return
        starts = np.concatenate([item.at.start_s for item in items])
        target = np.array([label == known.label for label in self.classes.labels])
        for first, part in pieces(vectors, longest(self.example_s, items[0].at.window_s, items[0].at.hop_s)):
            whole = len(part) == len(vectors)
            self.ids.append(stream if whole else f"{stream}@{starts[first]:g}")
            self.features.append(part)
            self.targets.append(target)
            self.groups.append(known.group)

    def examples(self, stream: str) -> Examples:
        """Return them as one block.

        Raises:
            ValueError: there is none.
        """
        if not self.ids:
            raise ValueError("no recording of a class came: look at `classes`, and at what the source reads")
        lengths = np.array([len(part) for part in self.features], np.int32)
        return Examples(
            np.concatenate([padded(part[None], int(lengths.max())) for part in self.features]),
            lengths,
            np.array(self.targets),
            np.array(self.ids),
            self.classes.labels,
            self.embedding,
            stream,
            epoch_end=True,
            last=True,
            groups=np.array(self.groups),
            hop_s=self.hop_s,
        )


def longest(example_s: float, window_s: float, hop_s: float) -> int:
    """Return how many windows cover *example_s*; the last may reach beyond, as at the end of a recording.

    >>> longest(5.0, 0.975, 0.48), longest(0.5, 0.96, 0.96)
    (10, 1)
    """
    return 1 + max(0, ceil((example_s - window_s) / hop_s - 1e-9))


def pieces(vectors: NDArray[Any], most: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the parts of *vectors*, as equal as can be and none longer than *most*, each with its place.

    >>> [(place, len(part)) for place, part in pieces(np.zeros((7, 1)), 3)]
    [(0, 3), (3, 2), (5, 2)]
    """
    place = 0
    for part in np.array_split(vectors, ceil(len(vectors) / most)):
        yield place, part
        place += len(part)
