"""Letters as HTTP requests, one after the other."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import HTTPException, IncompleteRead
from urllib.parse import urlsplit

from flowrun.models.capture.address import shown
from flowrun.models.outbox.letter import Letter
from flowrun.models.webhook.answer import SUSPECT, named, retry_after_s, verdict
from flowrun.models.webhook.connection import Answer, Connection, Stale
from flowrun.models.webhook.request import headers_of
from flowrun.operators._delivery.link import Refused, Unreachable
from flowrun.operators._printable import printable
from flowrun.schemas.errors import explain
from flowrun.schemas.run import Run

HINTS = {
    401: "is the password right?",
    403: "may flowrun send here?",
    404: "is the url right?",
    405: "is the url right?",
    410: "is the url right?",
}


class WebhookLink:
    """A receiver that answers each letter before it gets the next."""

    window = 1

    def __init__(
        self,
        url: str,
        secret: str | None,
        headers: Mapping[str, str],
        timeout_s: float,
        run: Run,
        *,
        allow_private: bool,
    ) -> None:
        self._url, self._secret, self._headers, self._run = url, secret, headers, run
        self._name = shown(url, path=False)
        self._connection = Connection(url, timeout_s, private=allow_private)
        self._taken: list[int] = []

    def open(self) -> None:
        """Connect, so that a receiver that is not there is known before a letter is sent."""
        try:
            self._connection.open()
        except (OSError, ValueError) as error:  # ValueError: a name that no host can have
            raise Unreachable(f"{self._name}: {_said(error)}", suspect=False) from error

    def send(self, letter: Letter) -> None:
        """Post a letter and wait for the answer."""
        answer = self._post(letter)
        what = verdict(answer.status)
        if what == "taken":
            self._taken.append(letter.number)
            return
        text = f"{self._name}: it answers {named(answer.status)}"
        if what == "refused":
            raise Refused(text)
        if answer.status < 400:
            to = answer.headers.get("Location", "")
            host = urlsplit(to).hostname
            raise Unreachable(
                f"{text}: it has moved{f' to {printable(host)}' if host else ''}; change the url", suspect=False
            )
        hint = HINTS.get(answer.status)
        asked_s = retry_after_s(answer.headers.get("Retry-After"), self._run.now())
        raise Unreachable(f"{text}; {hint}" if hint else text, asked_s, suspect=answer.status in SUSPECT)

    def acknowledged(self, timeout_s: float) -> list[tuple[int, Refused | None]]:
        """Return what was answered since the last call."""
        taken, self._taken = self._taken, []
        return [(number, None) for number in taken]

    def idle(self) -> None:
        """Leave the connection as it is: whether it still works is seen when it is needed."""

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _post(self, letter: Letter) -> Answer:
        at = int(self._run.now().timestamp())
        headers = headers_of(self._url, self._headers, self._secret, letter.id, letter.body, at)
        try:
            try:
                return self._connection.post(letter.body, headers)
            except Stale:  # as servers do with connections that are not used
                self.open()
                return self._connection.post(letter.body, headers)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{self._name}: {_said(error)}") from error


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, (ConnectionError, IncompleteRead)) and not isinstance(error, ConnectionRefusedError):
        return "it closes the connection"
    if isinstance(error, HTTPException):
        return f"it does not speak HTTP: {printable(explain(error))[:100]}"
    return explain(error)
