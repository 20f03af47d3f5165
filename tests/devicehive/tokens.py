"""Tokens as DeviceHive makes them: JWT, HS256, with the time of expiry in milliseconds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SECRET = b"of a server that is gone after the test"
ACCESS, REFRESH = 1, 0
EXPIRED = {ACCESS: "Token expired", REFRESH: "Token has expired"}


def token(kind: int, user: int, expires_at: float) -> str:
    payload = {"a": [0], "e": round(1000 * expires_at), "t": kind, "u": user, "n": ["*"], "dt": ["*"]}
    parts = [_base64(json.dumps(part).encode()) for part in ({"alg": "HS256"}, {"payload": payload})]
    return ".".join([*parts, _signature(".".join(parts))])


def payload_of(text: Any) -> dict[str, Any] | None:
    """Return what a token holds; None if it is garbage, or signed by another server."""
    try:
        signed, _, signature = text.rpartition(".")
        if not hmac.compare_digest(signature, _signature(signed)):
            return None
        middle = signed.split(".")[1]
        payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "==="))["payload"]
    except (AttributeError, ValueError, LookupError):
        return None
    return payload


def _signature(text: str) -> str:
    return _base64(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
