"""What a DeviceHive 3.5 does with a request, by WebSocket or REST; it outlives the server's restarts."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Condition
from typing import Any

from tests.devicehive.tokens import ACCESS, EXPIRED, REFRESH, payload_of, token

Message = dict[str, Any]
KEPT_S = 120.0  # notifications and commands
TRIES = 10  # with a wrong password, then the user is locked
OPEN = frozenset({"server/info", "cluster/info", "token", "token/refresh", "authenticate"})  # to anybody
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)?")


class Fault(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


MALFORMED = Fault(400, "Malformed Json received.")


@dataclass
class User:
    id: int
    login: str
    password: str
    tries: int = 0
    locked: bool = False


@dataclass(eq=False)
class Session:
    """One connection, or one request over REST. later: what is pushed after the answer."""

    push: Callable[[Message], None]
    user: int | None = None
    subscriptions: dict[int, Message] = field(default_factory=dict)
    later: list[Message] = field(default_factory=list)


class Hive:
    """Users, devices, notifications and commands.

    requests: of all sessions, in order. faults: for an action, the answers to give instead of the right ones; a fault
    of code 0 is no answer at all.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.lock = Condition()  # notified of whatever is told
        self.users = {"ann": User(1, "ann", "horse battery")}
        self.devices: dict[str, Message] = {}
        self.notifications: list[Message] = []
        self.commands: list[Message] = []
        self.sessions: list[Session] = []
        self.requests: list[Message] = []
        self.asked: Counter[str] = Counter()
        self.faults: dict[str, list[Fault]] = {}
        self.access_s, self.refresh_s = 1800.0, 182 * 86400.0
        self._ids = count(1795326186306000)
        self._random = random.Random(1)

    def tokens(self, login: str = "ann") -> Message:
        user = self.users[login].id
        access = token(ACCESS, user, self.now() + self.access_s)
        return {"accessToken": access, "refreshToken": token(REFRESH, user, self.now() + self.refresh_s)}

    def handle(self, session: Session, message: Message) -> Message:
        """Return the fields of a good answer to a request.

        Raises:
            Fault: the answer is not good.
        """
        action = message.get("action")
        with self.lock:
            self.requests.append(message)
            self.asked[str(action)] += 1
            if action is None:
                raise Fault(500, "'action' field could not be parsed to known endpoint")
            if waiting := self.faults.get(action):
                raise waiting.pop(0)
            if action not in OPEN and session.user is None:
                raise Fault(401, "Unauthorized")
            handler = getattr(self, f"_{action.replace('/', '_')}", None)
            if handler is None:
                raise Fault(400, f"Illegal argument: {action}")
            answer: Message = handler(session, message)
            return answer

    def user_of(self, access_token: Any) -> int:
        """Return whose access token that is.

        Raises:
            Fault: it is none.
        """
        if not access_token:
            raise Fault(401, "Unauthorized")
        payload = payload_of(access_token)
        if payload is None or payload["t"] != ACCESS:
            raise Fault(401, "Invalid credentials")
        if payload["e"] < 1000 * self.now():
            raise Fault(401, EXPIRED[ACCESS])
        user: int = payload["u"]
        return user

    def stamp(self) -> str:
        """Return the time of day as DeviceHive writes it."""
        return written(self.now())

    # Without authentication

    def _server_info(self, session: Session, message: Message) -> Message:
        return {"info": {"apiVersion": "3.5.0", "serverTimestamp": self.stamp()}}

    def _token(self, session: Session, message: Message) -> Message:
        user = self.users.get(message.get("login", ""))
        if user is None:
            raise Fault(401, f"User with login = {message.get('login')} not found or bad password")
        user.locked |= user.tries >= TRIES
        if user.locked:
            raise Fault(401, "User is locked or disabled")
        if user.password != message.get("password"):
            user.tries += 1
            raise Fault(401, "Invalid credentials")
        user.tries = 0
        return self.tokens(user.login)

    def _token_refresh(self, session: Session, message: Message) -> Message:
        if not message.get("refreshToken"):
            raise Fault(400, "Missing or invalid payload in request")
        payload = payload_of(message["refreshToken"])
        if payload and payload["t"] == ACCESS:
            raise Fault(401, "Invalid token type")
        user = next((user for user in self.users.values() if payload and user.id == payload["u"]), None)
        if payload is None or user is None or user.locked:
            raise Fault(500, "Invalid response status")
        if payload["e"] < 1000 * self.now():
            raise Fault(401, EXPIRED[REFRESH])
        return {"accessToken": token(ACCESS, user.id, self.now() + self.access_s)}

    def _authenticate(self, session: Session, message: Message) -> Message:
        session.user = self.user_of(message.get("token"))
        return {}

    # Devices

    def _device_save(self, session: Session, message: Message) -> Message:
        name, given = message.get("deviceId"), message.get("device")
        if not name:
            raise Fault(400, "Device id is wrong or empty")
        if not re.fullmatch(r"[a-zA-Z0-9-]+", name):
            raise Fault(400, "Device Id can only contain letters, digits and dashes.")
        if len(name) > 48:
            raise Fault(400, "Device Id can not be more than 48 symbols.")
        if given is None:
            raise Fault(500, "java.lang.NullPointerException")
        if not given.get("name"):
            raise Fault(400, "name field cannot be null.")
        network = given.get("networkId") or 1
        if network != 1:
            raise Fault(400, "Invalid request parameters")
        known = name in self.devices
        more = {"networkId": network, "deviceTypeId": 1, "isBlocked": bool(given.get("isBlocked"))}
        self.devices[name] = {"id": name, "name": given["name"], "data": given.get("data"), **more}
        self._tell(name, "notification", {"notification": "$device-update" if known else "$device-add"}, None)
        return {}

    def _device_get(self, session: Session, message: Message) -> Message:
        return {"device": self._device(message)}

    def _device(self, message: Message) -> Message:
        name = message.get("deviceId")
        if not name:
            raise Fault(400, "Device id is wrong or empty")
        if name not in self.devices:
            raise Fault(404, f"Device with such deviceId = {name} not found")
        return self.devices[name]

    # Notifications and commands

    def _notification_insert(self, session: Session, message: Message) -> Message:
        device = self._device(message)
        given = message.get("notification")
        if isinstance(given, str):
            raise MALFORMED
        if not given or not given.get("notification"):
            raise Fault(400, "Notification is required")
        _check_object(given.get("parameters"), "parameters")
        stamp = read_time(given["timestamp"], self.now) if given.get("timestamp") else self.stamp()
        kept = self._tell(device["id"], "notification", given, device["networkId"], stamp)
        return {"notification": {"id": kept["id"], "timestamp": kept["timestamp"]}}

    def _command_insert(self, session: Session, message: Message) -> Message:
        device = self._device(message)
        given = message.get("command") or {}
        if not given.get("command"):
            raise Fault(400, "Command is required")
        _check_object(given.get("parameters"), "parameters")
        number, stamp = self._random.getrandbits(31), self.stamp()
        head = {"id": number, "command": given["command"], "timestamp": stamp, "lastUpdated": stamp}
        places = {"deviceId": device["id"], "networkId": device["networkId"], "deviceTypeId": 1}
        state = {"lifetime": given.get("lifetime"), "status": None, "result": None}
        command = {**head, "userId": session.user, **places, "parameters": given.get("parameters"), **state}
        self.commands.append(command)
        self._push("command", command, "command/insert")
        return {"command": {key: command[key] for key in ("id", "timestamp", "lastUpdated", "userId")}}

    def _command_update(self, session: Session, message: Message) -> Message:
        self._device(message)
        number = message.get("commandId")
        if not number:
            raise Fault(400, "Command id is wrong or empty")
        found = next((command for command in self.commands if command["id"] == number), None)
        if found is None:
            raise Fault(404, f"Command with id {number} not found")
        given = message.get("command") or {}
        _check_object(given.get("result"), "result")
        found |= {"status": given.get("status"), "result": given.get("result"), "lastUpdated": self.stamp()}
        self._push("command", found, "command/update")
        return {}

    def _notification_subscribe(self, session: Session, message: Message) -> Message:
        return self._subscribe(session, message, "notification")

    def _command_subscribe(self, session: Session, message: Message) -> Message:
        return self._subscribe(session, message, "command")

    def _notification_unsubscribe(self, session: Session, message: Message) -> Message:
        if session.subscriptions.pop(message.get("subscriptionId", 0), None) is None:
            raise Fault(404, f"Subscription with id {message.get('subscriptionId')} was not found")
        return {}

    _command_unsubscribe = _notification_unsubscribe

    def poll(self, kind: str, wish: Message, wait_s: float) -> list[Message]:
        """Return what is stored that a client wishes for; wait for it."""
        self.asked[f"{kind}/poll"] += 1
        wish = {**wish, "timestamp": wish.get("timestamp") or self.stamp()}
        with self.lock:
            self.lock.wait_for(lambda: self.since(kind, wish), wait_s)
            return self.since(kind, wish)

    def since(self, kind: str, wish: Message) -> list[Message]:
        """Return what is stored that a client wishes for, later than a time."""
        stored = self.notifications if kind == "notification" else self.commands
        when = "lastUpdated" if wish.get("returnUpdatedCommands") else "timestamp"
        after = max(read_time(wish["timestamp"], self.now), written(self.now() - KEPT_S))
        with self.lock:
            found = [dict(one) for one in stored if _wanted(wish, one, kind) and one[when] > after]
        return [one for one in found if when == "timestamp" or one["status"] is not None]

    def _subscribe(self, session: Session, message: Message, kind: str) -> Message:
        if message.get("deviceId"):
            self._device(message)
        number = next(self._ids)
        session.subscriptions[number] = {**message, "kind": kind}
        if message.get("timestamp"):
            action = f"{kind}/update" if message.get("returnUpdatedCommands") else f"{kind}/insert"
            for found in self.since(kind, message):
                session.later.append({"action": action, kind: found, "subscriptionId": number})
        return {"subscriptionId": number}

    def _tell(self, device: str, kind: str, given: Message, network: int | None, stamp: str = "") -> Message:
        head = {"id": self._random.getrandbits(31), "notification": given["notification"], "deviceId": device}
        places = {"networkId": network, "deviceTypeId": 1, "timestamp": stamp or self.stamp()}
        kept = {**head, **places, "parameters": given.get("parameters")}
        self.notifications.append(kept)
        self._push(kind, kept, f"{kind}/insert")
        return kept

    def _push(self, kind: str, body: Message, action: str) -> None:
        self.lock.notify_all()
        for session in list(self.sessions):
            for number, wish in list(session.subscriptions.items()):
                updated = bool(wish.get("returnUpdatedCommands"))
                if wish["kind"] == kind and _wanted(wish, body, kind) and updated == (action == "command/update"):
                    session.push({"action": action, kind: dict(body), "subscriptionId": number})


def written(seconds: float) -> str:
    """Return a time as DeviceHive writes it: UTC, three decimals, no zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def read_time(given: Any, now: Callable[[], float]) -> str:
    """Return a time that a client gave as DeviceHive writes it.

    Raises:
        Fault: it is none.
    """
    if given == "":
        return written(now())
    if isinstance(given, (int, float)) or str(given).isdecimal():
        return written(float(given) / 1000)
    match = TIME.fullmatch(str(given))
    if not match:
        raise MALFORMED
    zone = (match[3] or "Z").replace("Z", "+00:00")
    return written(datetime.fromisoformat(f"{match[1]}.{(match[2] or '0').ljust(6, '0')}{zone}").timestamp())


def _wanted(wish: Message, body: Message, kind: str) -> bool:
    device, names = wish.get("deviceId"), wish.get("names")
    names = names.split(",") if isinstance(names, str) else names  # over REST
    return (not device or device == body["deviceId"]) and (not names or body[kind] in names)


def _check_object(value: Any, name: str) -> None:
    if value is not None and not isinstance(value, dict):
        raise Fault(400, f"'{name}' must be JSON Object!")
