"""What may be asked of a flow while it runs: by a command from afar, by a web page. All of it from any thread.

What was asked holds for this run: the next one begins as the flow says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from flowrun.schemas.stream_info import nearest


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is listened to: since when (UTC), and who asked for it."""

    by: str
    since: datetime


class Thresholds:
    """The thresholds of one step that were set while it runs.

    changed: the score from which each of these labels is active now; a new mapping with each change, so that a kernel
    sees by `is` that nothing changed. labels: those that the step watches; None until it has seen scores.
    """

    def __init__(self, labels: Iterable[str] | None = None) -> None:
        self.changed: Mapping[str, float] = {}
        self.labels = None if labels is None else tuple(labels)


class Control:
    """What can be asked of one run.

    paused: why nothing is listened to, None while it is. pauses: how often there was a pause.

    Args:
        live: The sources that a pause silences.
        tell: Told what was done, in a sentence.
    """

    def __init__(self, live: Iterable[str] = (), tell: Callable[[str], None] = lambda _: None) -> None:
        self.paused: Pause | None = None
        self.pauses = 0
        self._live = tuple(live)
        self._tell = tell
        self._lock = Lock()
        self._thresholds: dict[str, Thresholds] = {}

    def pause(self, by: str) -> None:
        """Listen to nothing until `resume`: what the live sources hear meanwhile goes nowhere, and leaves a gap.

        Raises:
            ValueError: the flow has no live source.
        """
        if not self._live:
            raise ValueError("the flow has no live source: there is nothing to pause")
        with self._lock:
            if self.paused:
                return
            self.pauses += 1
            self.paused = Pause(by, datetime.now(UTC))
        self._tell(f"{', '.join(self._live)}: paused by {by}")

    def resume(self, by: str) -> None:
        """Listen again; nothing if there is no pause."""
        with self._lock:
            if not self.paused:
                return
            self.paused = None
        self._tell(f"{', '.join(self._live)}: resumed by {by}")

    def thresholds(self, step: str, labels: Iterable[str] | None = None) -> Thresholds:
        """Return what the step itself looks at: the same for all of its copies."""
        with self._lock:
            return self._thresholds.setdefault(step, Thresholds(labels))

    def thresholds_set(self) -> dict[str, Mapping[str, float]]:
        """Return the thresholds that were changed, by step and label."""
        return {step: own.changed for step, own in list(self._thresholds.items()) if own.changed}

    def set_threshold(self, step: str, label: str, value: float, by: str) -> None:
        """Have *step* take *label* for heard from the score *value* on.

        Raises:
            ValueError: there is no such step or label, or the value is no score.
        """
        own = self._thresholds.get(step)
        if own is None:
            hint = f"; {nearest(step, self._thresholds)}" if self._thresholds else ""
            raise ValueError(f"there is no step {step!r} with thresholds{hint}")
        if own.labels is None:
            raise ValueError(f"the labels of {step!r} are not known before it has heard something")
        if label not in own.labels:
            raise ValueError(f"{step!r} watches no label {label!r}; {nearest(label, own.labels)}")
        if not 0 <= value <= 1 or math.isnan(value):
            raise ValueError(f"a threshold of {value!r}: a score is from 0 to 1")
        with self._lock:
            own.changed = {**own.changed, label: float(value)}
        self._tell(f"{step}: the threshold of {label!r} is {value:g} now, set by {by}")

    def set_all_thresholds(self, step: str, value: float, by: str) -> None:
        """Have *step* take each of its labels for heard from the score *value* on.

        Raises:
            ValueError: there is no such step, its labels are not known yet, or the value is no score.
        """
        own = self._thresholds.get(step)
        if own is None or not own.labels:
            self.set_threshold(step, "", value, by)  # which says what is wrong
            return
        if not 0 <= value <= 1 or math.isnan(value):
            raise ValueError(f"a threshold of {value!r}: a score is from 0 to 1")
        with self._lock:
            own.changed = dict.fromkeys(own.labels, float(value))
        self._tell(f"{step}: the threshold of all labels is {value:g} now, set by {by}")

    def forget_thresholds(self, by: str) -> None:
        """Have every step go by the thresholds of the flow again."""
        with self._lock:
            changed = [own for own in self._thresholds.values() if own.changed]
            for own in changed:
                own.changed = {}
        if changed:
            self._tell(f"the thresholds are those of the flow again, said {by}")
