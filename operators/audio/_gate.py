"""Holds back the audio of one stream until it is known which samples of it nobody may hear."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil, floor, inf

from flowrun.models.ontology import members
from flowrun.operators._rate import keep_rate
from flowrun.schemas.late import np
from flowrun.schemas.ports import Audio, Scores
from flowrun.schemas.stream_info import nearest

SLACK = 1e-6  # of a sample: what rounding may do to a position
LATE_S = 60.0  # scores that are further behind than this are not waited for: what they are missing for is silenced
Span = tuple[float, float]  # from the first second, up to the last


class Gate:
    """What is decided of one stream; a sample passes if it was listened to and no speech is near.

    >>> gate = Gate(["Speech"], 0.5, 0.0, 0.0)
    >>> gate(Audio(np.ones(4, np.float32), 1, "mic"))
    []
    >>> from flowrun.schemas.ports import Windows
    >>> at = Windows("mic", np.arange(3.0), 1.0, 1.0)  # the fourth second is not known yet
    >>> gate(Scores(at, np.array([[0.1], [0.9], [0.1]], np.float32), ("Speech",)))[0].samples.tolist()
    [1.0, 0.0, 1.0]
    """

    def __init__(self, labels: Sequence[str], threshold: float, before_s: float, after_s: float) -> None:
        self.labels, self.threshold, self.before_s, self.after_s = labels, threshold, before_s, after_s
        self.waiting: deque[Audio] = deque()
        self.heard: list[Span] = []  # covered by windows
        self.speech: list[Span] = []  # to be silenced
        self.known_s = -inf  # what begins before is decided
        self.next_s = -inf  # where the audio to come begins
        self.rate_hz = 0
        self.audio_ended = self.scores_ended = False

    @property
    def ended(self) -> bool:
        """Whether nothing more can come, or go."""
        return self.audio_ended and self.scores_ended and not self.waiting

    def __call__(self, item: Audio | Scores) -> list[Audio]:
        """Take a block, and return the audio that is decided now.

        Raises:
            ValueError: the rate of the audio has changed, or no class of the scores is to be silenced.
        """
        if isinstance(item, Scores):
            self._listen(item)
        else:
            self.rate_hz = self.rate_hz or item.rate_hz
            keep_rate(item, self.rate_hz)
            self.known_s = max(self.known_s, item.start_s - LATE_S)
            self.waiting.append(item)
            self.next_s = item.start_s + len(item.samples) / item.rate_hz
            self.audio_ended |= item.last
        return self._decided()

    def end(self) -> list[Audio]:
        """Return what is left: no scores will come."""
        self.known_s = inf
        return self._decided()

    def _listen(self, item: Scores) -> None:
        values = item.values[:, self._columns(item.labels)]
        found = ~np.all(values < self.threshold, axis=1)  # so that NaN counts as speech
        window_s = item.at.window_s
        for start, speech in zip(map(float, item.at.start_s), found, strict=True):
            _append(self.heard, (start, start + window_s))
            if speech:
                _append(self.speech, (start - self.before_s, start + window_s + self.after_s))
            # The next window begins a hop later, or, after a gap, where this one ends at the earliest.
            self.known_s = max(self.known_s, start + min(item.at.hop_s, window_s) - self.before_s)
        if item.last:
            self.scores_ended, self.known_s = True, inf

    def _columns(self, labels: tuple[str, ...]) -> list[int]:
        for label in self.labels:
            if not members(label, labels):
                raise ValueError(f"the scores have no label {label!r}, nor a kind of it; {nearest(label, labels)}")
        return [i for i, name in enumerate(labels) if any(members(label, (name,)) for label in self.labels)]

    def _decided(self) -> list[Audio]:
        passed: list[Audio] = []
        while self.waiting:
            block = self.waiting[0]
            count = size = len(block.samples)
            if self.known_s < inf:
                count = min(size, floor(self.known_s * block.rate_hz + SLACK) - block.start_sample)
            if count < size:
                if count > 0:
                    passed.append(self._silenced(replace(block, samples=block.samples[:count], last=False)))
                    self.waiting[0] = _rest(block, count)
                break
            passed.append(self._silenced(self.waiting.popleft()))
        self._forget()
        return passed

    def _silenced(self, block: Audio) -> Audio:
        """Return *block* with 0 for each sample that nobody listened to, or that speech is near."""
        passes = np.zeros(len(block.samples), np.bool_)
        first, rate_hz = block.start_sample, block.rate_hz
        for start_s, end_s in self.heard:
            begin, end = ceil(start_s * rate_hz - SLACK) - first, floor(end_s * rate_hz + SLACK) - first
            passes[max(0, begin) : max(0, end)] = True
        for start_s, end_s in self.speech:
            begin, end = floor(start_s * rate_hz + SLACK) - first, ceil(end_s * rate_hz - SLACK) - first
            passes[max(0, begin) : max(0, end)] = False
        return block if passes.all() else replace(block, samples=np.where(passes, block.samples, np.float32(0)))

    def _forget(self) -> None:
        """Drop the spans that no sample to come can lie in."""
        until_s = self.waiting[0].start_s if self.waiting else self.next_s
        self.heard = [span for span in self.heard if span[1] > until_s]
        self.speech = [span for span in self.speech if span[1] > until_s]


def _append(spans: list[Span], span: Span) -> None:
    """Add a span that begins no earlier than the last, and make one of those that meet."""
    if spans and span[0] <= spans[-1][1]:
        spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
    else:
        spans.append(span)


def _rest(block: Audio, count: int) -> Audio:
    """Return *block* without its first *count* samples, which are not lost: they have gone before."""
    later = block.captured_at and block.captured_at + timedelta(seconds=count / block.rate_hz)
    first = block.start_sample + count
    return replace(block, samples=block.samples[count:], start_sample=first, captured_at=later, gap=False)
