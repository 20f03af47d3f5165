"""What an operator says about a sample rate that it cannot work with."""

from __future__ import annotations

from flowrun.schemas.ports import Audio


def need_rate(audio: Audio, rate_hz: int, operator: str) -> None:
    """Refuse audio that has not the rate *operator* works at.

    Raises:
        ValueError: the rate differs.
    """
    if audio.rate_hz != rate_hz:
        raise ValueError(
            f"{operator} needs {rate_hz} Hz, got {audio.rate_hz} Hz: "
            f"add `resample: {{use: resample, rate_hz: {rate_hz}}}` before it"
        )


def keep_rate(audio: Audio, rate_hz: int) -> None:
    """Refuse audio whose rate is not the *rate_hz* that its stream began with.

    Raises:
        ValueError: the rate differs.
    """
    if audio.rate_hz != rate_hz:
        raise ValueError(f"the rate changed from {rate_hz} to {audio.rate_hz} Hz inside a stream")
