"""PortAudio, by PyAudio: nothing but calls.

PortAudio is one thing per process and not thread-safe, so all calls are made one at a time. Its list of devices is
made when it is initialised; it is therefore let go of between two attempts. While another microphone of the process is
open it stays initialised, and a device that was plugged in since is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from flowrun.models.capture.devices import Device, DeviceError, Opened, Opening
from flowrun.models.capture.pcm import Format
from flowrun.models.capture.pulseaudio import Place
from flowrun.models.quiet import quiet
from flowrun.schemas.errors import FlowrunError

MISSING = "a microphone needs PyAudio: apt-get install portaudio19-dev gcc python3-dev, then pip install 'flowrun[mic]'"
NAMES: dict[Format, str] = {"s16le": "paInt16", "s24le": "paInt24", "s32le": "paInt32", "f32le": "paFloat32"}
MOVED = "the sound server has put another source in its place"
_one_at_a_time = Lock()


def pyaudio() -> Any:
    """Return the module `pyaudio`.

    Raises:
        FlowrunError: it is not installed.
    """
    try:
        import pyaudio
    except ImportError:
        raise FlowrunError(MISSING) from None
    return pyaudio


class PortAudio:
    """The sound system of this machine.

    Raises:
        DeviceError: it does not start.
    """

    def __init__(self) -> None:
        self._module = pyaudio()
        with _one_at_a_time, quiet():  # ALSA and JACK tell of everything that is not there
            try:
                self._audio = self._module.PyAudio()
            except OSError as error:
                raise DeviceError(f"PortAudio does not start: {_text(error)}") from error

    def devices(self) -> Sequence[Device]:
        """Return the input devices that were there when this object was made."""
        with _one_at_a_time:
            try:
                usual = int(self._audio.get_default_input_device_info()["index"])
            except OSError:  # there is none
                usual = -1
            found = [self._audio.get_device_info_by_index(i) for i in range(self._audio.get_device_count())]
            systems = [
                self._audio.get_host_api_info_by_index(i)["name"] for i in range(self._audio.get_host_api_count())
            ]
        return [
            Device(
                index=int(one["index"]),
                name=one["name"] if isinstance(one["name"], str) else one["name"].decode("utf-8", "replace"),
                system=str(systems[one["hostApi"]]),
                channels=int(one["maxInputChannels"]),
                rate_hz=round(one["defaultSampleRate"]),
                default=one["index"] == usual,
            )
            for one in found
            if one["maxInputChannels"] > 0
        ]

    def accepts(self, device: Device, opening: Opening) -> bool:
        """Whether *device* can be opened so."""
        with _one_at_a_time, quiet():
            try:
                return bool(
                    self._audio.is_format_supported(
                        opening.rate_hz,
                        input_device=device.index,
                        input_channels=opening.channels,
                        input_format=getattr(self._module, NAMES[opening.form]),
                    )
                )
            except ValueError:
                return False

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        """Open *device*.

        Raises:
            DeviceError: PortAudio refuses.
        """
        module = self._module

        def call(data: bytes, frames: int, times: Any, status: int) -> tuple[None, int]:
            deliver(data, bool(status & module.paInputOverflow))
            return None, module.paContinue

        with _one_at_a_time, quiet():
            # A card that is opened as it is has no server in between.
            place = Place() if device.system == "ALSA" and "(hw:" not in device.name else None
            try:
                stream = self._audio.open(
                    opening.rate_hz,
                    opening.channels,
                    getattr(module, NAMES[opening.form]),
                    input=True,
                    input_device_index=device.index,
                    frames_per_buffer=max(256, opening.rate_hz // 50),  # 20 ms: rare enough for Python
                    stream_callback=call,
                )
            except (OSError, ValueError) as error:
                raise DeviceError(f"{device.name!r} does not open: {_text(error)}") from error
            if place:
                place.began()
        return _Stream(stream, place)

    def close(self) -> None:
        """Let go of PortAudio, so that the next one made looks for devices anew."""
        with _one_at_a_time, quiet():
            self._audio.terminate()


class _Stream:
    def __init__(self, stream: Any, place: Place | None) -> None:
        self._stream, self._place = stream, place

    def fault(self) -> str:
        active = False
        with _one_at_a_time, suppress(OSError):
            active = self._stream.is_active()
        if not active:
            return "the system has closed it"
        return MOVED if self._place and self._place.moved() else ""

    def close(self) -> None:
        with _one_at_a_time, quiet(), suppress(OSError):  # a device that is gone cannot be stopped
            self._stream.close()


def _text(error: Exception) -> str:
    """Return what PortAudio says: it raises (number, text) or (text, number)."""
    return ", ".join(str(part) for part in error.args if isinstance(part, str)) or str(error)
