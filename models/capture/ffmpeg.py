"""Streams from the network, by the program ffmpeg: a child process that writes PCM into a pipe."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowrun.models.capture.address import hidden, shown
from flowrun.models.capture.child import start
from flowrun.models.capture.decoding import Decoding
from flowrun.models.capture.devices import Device, DeviceError, Opened, Opening
from flowrun.models.capture.pcm import Format
from flowrun.schemas.errors import FlowrunError

FORMAT: Format = "s32le"  # of integers ffmpeg mixes channels to their mean; of floats to more, which can clip
# What the schemes of `address.SCHEMES` are made of. No file, no pipe, no list of files: a stream cannot lead there.
PROTOCOLS = "http,https,httpproxy,tcp,tls,crypto,rtp,srtp,udp,rtmp,rtmps,rtmpt,rtmpts,ffrtmphttp,srt"
PLACE = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] ")  # the part of ffmpeg that speaks


def ffmpeg() -> str:
    """Return the path of the program.

    Raises:
        FlowrunError: it is not installed.
    """
    found = shutil.which("ffmpeg")
    if not found:
        raise FlowrunError("a network stream needs the program ffmpeg: apt-get install ffmpeg")
    return found


@dataclass(frozen=True)
class Ffmpeg:
    """A system of sound drivers whose only device is a stream.

    Args:
        url: Its address.
        name: What is shown of it.
        rate_hz: The rate wanted.
        channel: The channel wanted, from 1; all of them, mixed to one, if None.
        ahead_s: How far a stream may be ahead of its time. One that is sent faster, a file, is held back then.
        timeout_s: How long it may be silent, as far as ffmpeg can tell: it knows a reason then.
        path: Whether the path of *url* may be shown.
    """

    url: str
    name: str
    rate_hz: int
    channel: int | None
    ahead_s: float
    timeout_s: float
    path: bool = True

    def devices(self) -> Sequence[Device]:
        """Return the stream."""
        return [Device(0, self.name, "ffmpeg", 1, self.rate_hz, default=True)]

    def accepts(self, device: Device, opening: Opening) -> bool:
        """Whether *opening* is what ffmpeg will make of the stream."""
        return opening == Opening(self.rate_hz, 1, FORMAT)

    def open(self, device: Device, opening: Opening, deliver: Callable[[bytes, bool], None]) -> Opened:
        """Start ffmpeg.

        Raises:
            DeviceError: it does not start.
        """
        try:
            process = start(self.command(ffmpeg()))
        except OSError as error:
            raise DeviceError(f"ffmpeg does not start: {error.strerror}") from error
        except FlowrunError as error:  # it was there when the flow began
            raise DeviceError(str(error)) from error
        return Decoding(process, opening, deliver, self.reason, self.ahead_s)

    def close(self) -> None:
        """Nothing is held between two attempts."""

    def command(self, program: str) -> list[str]:
        """Return the command line."""
        scheme = self.url.partition(":")[0].lower()
        if scheme.startswith("rtsp"):
            # Over UDP packets are lost unseen. No timeout: the option for it means "listen" to ffmpeg 4.
            how = ["-rtsp_transport", "tcp", "-allowed_media_types", "audio"]
        else:
            how = ["-rw_timeout", str(round(self.timeout_s * 1e6))]
        mix = ["-ac", "1"] if self.channel is None else ["-af", f"channelmap={self.channel - 1}:channel_layout=mono"]
        return [
            *(program, "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", PROTOCOLS, *how),
            *("-i", self.url, "-vn", "-sn", "-dn", *mix, "-ar", str(self.rate_hz)),
            *("-flush_packets", "1", "-f", FORMAT, "pipe:1"),
        ]

    def reason(self, lines: Sequence[str]) -> str:
        """Return why ffmpeg has ended, from what it said last."""
        if any("not available from input layout" in line for line in lines):
            return f"it has no channel {self.channel}"
        if not lines:
            return "the other side has ended it"
        line = hidden(PLACE.sub("", lines[-1]), self.url, path=self.path)
        return line.removeprefix(f"{shown(self.url, path=self.path)}: ").rstrip(".")
