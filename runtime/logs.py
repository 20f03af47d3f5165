"""Logging: text for people, JSON lines for machines, always on standard error, and without secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from flowrun.models.quiet import keep_our_stderr
from flowrun.schemas.redaction import without_passwords

LEVELS = ("debug", "info", "warning", "error")
FIELDS = ("step", "state")  # what a record may tell beside its text


class _Redacting(logging.Filter):
    """Takes the secrets out of what is logged, by whichever library."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let *record* pass, with its text and its traceback redacted."""
        record.msg, record.args = without_passwords(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = without_passwords(logging.Formatter().formatException(record.exc_info))
        return True


REDACTING = _Redacting()


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "thread": record.threadName,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key in FIELDS},
        }
        if record.exc_info:
            entry["traceback"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and not logging.getLogger("flowrun").isEnabledFor(logging.DEBUG):
            record.exc_info, record.exc_text = None, None  # tracebacks are for --log-level debug
        return super().format(record)


def set_up(level: str, form: str) -> None:
    """Send the log of flowrun to standard error, from *level* up, as "text" or "json"."""
    keep_our_stderr()

    class Stderr(logging.StreamHandler):  # type: ignore[type-arg]
        """Writes to what `sys.stderr` is now: a progress bar may stand in front of it."""

        def emit(self, record: logging.LogRecord) -> None:
            self.stream = sys.stderr
            super().emit(record)

    handler = Stderr()
    handler.addFilter(REDACTING)
    if logging.lastResort:  # what libraries warn of comes to it
        logging.lastResort.addFilter(REDACTING)
    handler.setFormatter(_Json() if form == "json" else _Text())
    logger = logging.getLogger("flowrun")
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
