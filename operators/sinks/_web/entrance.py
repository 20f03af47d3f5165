"""Who may come in: those who know the password, and nobody tries too many."""

from __future__ import annotations

import asyncio
from math import ceil

from starlette.requests import HTTPConnection

from flowrun.operators.sinks._web.endpoint import Refused
from flowrun.operators.sinks._web.passwords import Attempts, Password


class Entrance:
    """Checks passwords, from wherever they come."""

    def __init__(self, password: Password) -> None:
        self._password = password
        self._attempts = Attempts()
        self._one_at_a_time = asyncio.Lock()  # each takes memory and time, which is what they are for

    async def check(self, request: HTTPConnection, password: str) -> None:
        """Let *password* pass.

        Raises:
            Refused: it is wrong, or there were too many wrong ones.
        """
        address = request.client.host if request.client else ""
        async with self._one_at_a_time:
            if wait_s := ceil(self._attempts.wait_s(address)):
                why = f"too many wrong passwords: try again in {wait_s} s"
                raise Refused(429, why, {"Retry-After": str(wait_s)})
            if not await asyncio.to_thread(self._password.matches, password):
                self._attempts.failed(address)
                raise Refused(401, "this is not the password")
        self._attempts.passed(address)
