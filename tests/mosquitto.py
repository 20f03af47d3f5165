"""A broker of our own: Mosquitto in a folder, on a free port of this machine, and its independent clients."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from getpass import getuser
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple

INSTALLED = bool(shutil.which("mosquitto") and shutil.which("mosquitto_sub") and shutil.which("openssl"))
WAIT_S = 20.0


class Message(NamedTuple):
    """What a subscriber has received."""

    topic: str
    payload: str
    qos: int
    retained: bool
    properties: Mapping[str, Any]


class Mosquitto:
    """A broker with persistence, which keeps its port from one start to the next.

    Args:
        folder: Where it lives.
        users: Their passwords; without them anybody may come in.
        certificates: Where those of `make_certificates` are; the broker speaks TLS then.
        ask_for_certificate: Whether a client must have one.
        options: More lines of its configuration.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str] | None = None,
        certificates: Path | None = None,
        ask_for_certificate: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.users, self.certificates = dict(users or {}), certificates
        lines = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/", *options]
        lines += [f"user {getuser()}", "log_dest stderr"]
        if users:
            passwords = folder / "passwords"
            passwords.write_text("".join(f"{name}:{password}\n" for name, password in users.items()))
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
            passwords.chmod(0o644)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines += ["allow_anonymous true"]
        if certificates:
            lines += [f"cafile {certificates}/ca.pem", f"certfile {certificates}/server.pem"]
            lines += [f"keyfile {certificates}/server.key"]
        if ask_for_certificate:
            lines += ["require_certificate true"]
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join([*lines, ""]))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        """Start it; it takes connections when this returns."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", str(self._config)], stderr=log)
        until(self._listens, "Mosquitto does not listen: " + str(self.folder / "log"))
        return self

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, *, signal: int = 15) -> None:
        """End it: 15 lets it save what it has, 9 is a crash."""
        if self.process:
            self.process.send_signal(signal)
            self.process.send_signal(18)  # if it was stopped (19)
            self.process.wait(WAIT_S)

    def subscriber(self, topic: str = "#", **options: str) -> Subscriber:
        """Return an independent client that hears *topic*; it comes back by itself after the broker was away."""
        command = ["mosquitto_sub", "-p", str(self.port), "-q", "1", "-t", topic, "-V", "5", "-F", "%j", "-d"]
        if self.users:
            name, password = next(iter(self.users.items()))
            command += ["-u", name, "-P", password]
        if self.certificates:
            command += ["--cafile", f"{self.certificates}/ca.pem", "-h", "localhost"]
            command += ["--cert", f"{self.certificates}/client.pem", "--key", f"{self.certificates}/client.key"]
        else:
            command += ["-h", "127.0.0.1"]
        return Subscriber([*command, *(word for pair in options.items() for word in pair)])

    def publish(self, topic: str, payload: str, *options: str) -> None:
        """Publish something, as another client."""
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-m", payload, "-q", "1"]
        subprocess.run([*command, *options], check=True, timeout=WAIT_S)


class Subscriber:
    """`mosquitto_sub`; `messages` grows while it runs."""

    def __init__(self, command: list[str]) -> None:
        self.messages: list[Message] = []
        self._lines: deque[str] = deque(maxlen=20)
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._subscribed = False
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self._subscribed, f"mosquitto_sub does not subscribe: {list(self._lines)}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._subscribed |= "SUBACK" in line
            if line.startswith("{"):
                told = json.loads(line)
                properties = told.get("properties", {})
                self.messages.append(
                    Message(told["topic"], told["payload"], told["qos"], bool(told["retain"]), properties)
                )
            else:
                self._lines.append(line)

    def at(self, topic: str) -> list[str]:
        """Return the payloads that came at *topic*."""
        return [message.payload for message in self.messages if message.topic == topic]

    def wait_for(self, condition: Callable[[Subscriber], bool]) -> None:
        """Wait until what has come is as wanted."""
        until(lambda: condition(self), f"it did not come, but {self.messages[-5:]} of {len(self.messages)}")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


def make_certificates(folder: Path) -> Path:
    """Make two authorities (ca, stranger), and of the first a broker's certificate (server) and ours (client)."""
    folder.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for authority in ("ca", "stranger"):
        new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
        openssl(*new, "-subj", f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    for name in ("server", "client"):
        asked = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl(*asked, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ("x509", "-req", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        openssl(*signed, "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", "names")
    return folder


def until(condition: Callable[[], bool], otherwise: str) -> None:
    """Wait until *condition* is true: of another process, which tells nobody."""
    deadline = monotonic() + WAIT_S
    while not condition():
        if monotonic() > deadline:
            raise AssertionError(otherwise)
        sleep(0.01)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
