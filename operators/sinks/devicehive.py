"""Events to DeviceHive, and commands from it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from reactivex import Observable

from flowrun.models.devicehive.address import address_of, fault
from flowrun.models.devicehive.credentials import Credentials
from flowrun.models.devicehive.session import Session
from flowrun.operators._delivery.delivery import MEGABYTES_100, WEEK_S, KeepBytes, KeepS, Limits, deliver
from flowrun.operators._delivery.switched import Switched, Target
from flowrun.operators.sinks._devicehive.commands import Commands
from flowrun.operators.sinks._devicehive.link import Device, DeviceHiveLink
from flowrun.operators.sinks._devicehive.notification import letters
from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Event, Predictions
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

DEVICE_ID = re.compile(r"[A-Za-z0-9-]{1,48}")
LONGEST_NAME = 128


def _info(
    *,
    url: str,
    device_id: str,
    refresh_token: str | None,
    access_token: str | None,
    login: str | None,
    password: str | None,
    name: str | None,
    **_: Any,
) -> StreamInfo:
    if wrong := fault(url):
        raise Mismatch(
            f"no address of a DeviceHive: {wrong}", "url", remedy="such as ws://127.0.0.1/api/websocket or .../api/rest"
        )
    if not DEVICE_ID.fullmatch(device_id):
        raise Mismatch(
            f"no id of a device: {device_id!r}", "device_id", remedy="letters, digits and dashes, at most 48 of them"
        )
    if name is not None and not 1 <= len(name) <= LONGEST_NAME:
        raise Mismatch("a name of a notification has 1 to 128 characters", "name", remedy="leave it out for 'event'")
    if (login is None) != (password is None):
        missing, given = ("password", "login") if password is None else ("login", "password")
        raise Mismatch(f"{given!r} is of no use without {missing!r}", given, remedy=f"add `{missing}`")
    ways = {"refresh_token": refresh_token, "access_token": access_token, "login": login}
    used = [way for way, value in ways.items() if value is not None]
    if len(used) != 1:
        why = f"{' and '.join(used)} exclude each other" if used else "it lacks what the server knows us by"
        raise Mismatch(why, *used[1:2], remedy="give one of refresh_token, access_token, and login with password")
    if not ways[used[0]]:
        raise Mismatch(f"{used[0]!r} is empty", used[0], remedy="is the variable or the file that it comes from?")
    return StreamInfo()


@operator(info=_info)
def devicehive(
    items: Observable[Event | Predictions],
    *,
    url: Annotated[str, Field(example='"ws://127.0.0.1/api/websocket"')],
    device_id: Annotated[str, Field(example='"flowrun-1"')],
    refresh_token: Annotated[str | None, Field(secret=True)] = None,
    access_token: Annotated[str | None, Field(secret=True)] = None,
    login: str | None = None,
    password: Annotated[str | None, Field(secret=True)] = None,
    network: Annotated[int | None, Field(ge=1)] = None,
    name: str | None = None,
    keep_s: KeepS = WEEK_S,
    keep_bytes: KeepBytes = MEGABYTES_100,
    run: Run,
) -> Sink:
    """Send events and predictions to a DeviceHive, and carry out what it commands.

    Each is a notification of the device, with an object of parameters: of an event the same as in every sink, of a
    window the best 20 classes. They lie in the outbox until the server has acknowledged them; see docs/delivery.md. A
    message of more than 10,240 bytes is cut, and names under `cut` what is not whole.

    It does what is commanded of the device, and answers with a status and a result: `pause`, `resume`, `status`, and
    `set_threshold` with the parameters step, label and value.

    Args:
        url: The WebSocket of the server, or its REST interface, which is slower: commands are asked for every 5 s.
            Where no WebSocket can be opened, REST is used instead.
        device_id: Which device we are; it is made if there is none, and must be another for each flow.
        refresh_token: What the server knows us by; it lasts, and brings a new access token whenever one is needed.
        access_token: The same for a short time: once it has expired nothing more is delivered.
        login: The same, as the name of a user; needs `password`.
        password: Of the user.
        network: Number of the network that the device belongs to; the server chooses one if none is given.
        name: Name of the notifications, instead of "event" and "predictions".
        keep_s: How long what cannot be delivered is kept.
        keep_bytes: How much of it is kept.
    """

    def link(target: Target) -> DeviceHiveLink:
        if wrong := fault(target.url):
            raise ValueError(f"no address of a DeviceHive: {wrong}")
        device = Device(target.device_id or device_id, name, network)
        if not DEVICE_ID.fullmatch(device.id):
            raise ValueError(f"no id of a device: {device.id!r}; letters, digits and dashes, at most 48 of them")
        given = Credentials(refresh_token, access_token, login, password)
        credentials = Credentials(refresh_token=target.token) if target.token else given
        return DeviceHiveLink(Session(address_of(target.url), credentials), device, Commands(run), run.warn)

    def switched() -> Switched:
        return Switched("devicehive", Target(url, device_id), link, run)

    return deliver(items, switched, run, limits=Limits(keep_s, keep_bytes), letters=letters)
