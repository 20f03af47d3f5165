"""What time of day a sample has, of a device whose clock is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta


class Times:
    """Follows the device's clock slowly, so that the jitter of its deliveries is not in the times of day.

    Args:
        earlier_s: Sound that comes so much before its time sets the clock anew.
        later_s: Sound that comes so much after its time does too.
        share: Which part of a smaller difference is believed.
    """

    def __init__(self, earlier_s: float = 1.0, later_s: float = 1.0, share: float = 0.02) -> None:
        self._earlier, self._later, self._share = timedelta(seconds=-earlier_s), timedelta(seconds=later_s), share
        self._began: datetime | None = None  # the time of day of the first sample

    def heard(self, end_s: float, at: datetime) -> None:
        """Note that the sound up to *end_s* of the stream had come *at* that time."""
        began = at - timedelta(seconds=end_s)
        if self._began is None or not self._earlier <= began - self._began <= self._later:
            self._began = began
        else:
            self._began += self._share * (began - self._began)

    def at(self, start_s: float) -> datetime | None:
        """Return the time of day at *start_s* of the stream."""
        return self._began and self._began + timedelta(seconds=start_s)


def bursts() -> Times:
    """Return the times of a stream that comes in pieces of many seconds, as HLS does.

    No sound comes before it was made, so what came soonest tells most: a later piece has waited somewhere.
    """
    return Times(earlier_s=0.0, later_s=60.0, share=1e-4)
