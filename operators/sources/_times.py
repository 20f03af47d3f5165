"""What time of day a sample has, of a device whose clock is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta


class Times:
    """Follows the device's clock slowly, so that the jitter of its deliveries is not in the times of day."""

    JUMP = timedelta(seconds=1)  # further off than that, a clock was set
    SHARE = 0.02

    def __init__(self) -> None:
        self._began: datetime | None = None  # the time of day of the first sample

    def heard(self, end_s: float, at: datetime) -> None:
        """Note that the sound up to *end_s* of the stream had come *at* that time."""
        began = at - timedelta(seconds=end_s)
        if self._began is None or abs(began - self._began) > self.JUMP:
            self._began = began
        else:
            self._began += self.SHARE * (began - self._began)

    def at(self, start_s: float) -> datetime | None:
        """Return the time of day at *start_s* of the stream."""
        return self._began and self._began + timedelta(seconds=start_s)
