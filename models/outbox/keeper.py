"""Keeps the file of an outbox going: a full disk is tried again, a damaged file is replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from flowrun.models.disk import FULL
from flowrun.models.outbox.database import is_damage
from flowrun.models.outbox.rows import Changes
from flowrun.models.outbox.salvage import set_aside
from flowrun.models.outbox.store import Store
from flowrun.schemas.errors import DeliveryError, explain

T = TypeVar("T")
NOT_OURS = ("unable to open", "readonly")  # what SQLite says where it has no rights


class Keeper:
    """The file, for any thread.

    Args:
        path: The file.
        now: Tells the time of day, UTC.
        warn: Told of a damaged file.
    """

    def __init__(self, path: Path, now: Callable[[], datetime], warn: Callable[[str], None]) -> None:
        self.path = path
        self.renewed = 0  # how often another file has taken the place of a damaged one
        self._now, self._warn = now, warn
        self._store: Store | None = None
        self._lock = Lock()
        self._troubles = {"written": "", "read": ""}

    @property
    def trouble(self) -> str:
        """What is wrong with the disk; "" where nothing is."""
        return next(filter(None, self._troubles.values()), "")

    def open(self) -> None:
        """Open the file; a full disk is a trouble that may pass.

        Raises:
            DeliveryError: it cannot be made or opened here, or a newer flowrun has made it.
        """
        try:
            with self._lock:
                self._store = self._opened()
        except (OSError, sqlite3.Error) as error:
            full = isinstance(error, OSError) and error.errno in FULL
            if (isinstance(error, OSError) and not full) or any(word in str(error) for word in NOT_OURS):
                why = (isinstance(error, OSError) and error.strerror) or str(error)
                raise DeliveryError(
                    f"{self.path}: the outbox cannot be opened: {why}; set FLOWRUN_STATE to a folder for it"
                ) from error
            self._troubles["written"] = _said(error)

    def write(self, call: Callable[[Store], T]) -> T | None:
        """Return what *call* gives, which writes; None where the disk does not take it."""
        return self._attempt(call, "written")

    def read(self, call: Callable[[Store], T]) -> T | None:
        """Return what *call* gives, which only reads; None where the disk does not give it."""
        return self._attempt(call, "read")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._store:
                self._store.close()
                self._store = None

    def _attempt(self, call: Callable[[Store], T], what: str) -> T | None:
        with self._lock:
            try:
                result = self._called(call)
            except (sqlite3.Error, OSError, DeliveryError) as error:
                self._troubles[what] = _said(error)
                return None
            self._troubles["read"] = ""
            if what == "written":
                self._troubles["written"] = ""
            return result

    def _called(self, call: Callable[[Store], T]) -> T:
        try:
            self._store = self._store or self._opened()
            return call(self._store)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            if self._store:
                self._store.close()
            self._store = None
            self._store = self._renew(error)
            return call(self._store)

    def _opened(self) -> Store:
        try:
            return Store(self.path)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            return self._renew(error)

    def _renew(self, error: sqlite3.Error) -> Store:
        """Set the damaged file aside, begin a new one with what can be read of it."""
        saved = set_aside(self.path, self._now())
        store = Store(self.path)
        store.write(Changes(tuple(saved.letters.values())), self._now())
        store.bring_back(saved.dead.values())
        self.renewed += 1
        self._warn(
            f"{self.path}: the outbox is damaged ({error}); it is now {saved.aside.name}, and a new one is begun with "
            f"the {len(saved.letters)} events that could be read"
        )
        return store


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, sqlite3.Error) else explain(error)
