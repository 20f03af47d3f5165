"""The log for machines tells steps and states as fields; no log tells a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from flowrun.runtime import logs
from flowrun.schemas.redaction import hide


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """The logger of flowrun, as it was afterwards."""
    logger = logging.getLogger("flowrun")
    before = logger.handlers, logger.level, logger.propagate
    yield logger
    logger.handlers, logger.level, logger.propagate = before


def test_step_and_state_are_fields(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "json")
    logger.warning("step %r: %s", "mic", "it is lost", extra={"step": "mic", "state": "lost"})
    logger.info("something else")
    told, other = map(json.loads, capsys.readouterr().err.splitlines())
    assert {key: told[key] for key in ("level", "step", "state", "message")} == {
        "level": "warning",
        "step": "mic",
        "state": "lost",
        "message": "step 'mic': it is lost",
    }
    assert not {"step", "state"} & other.keys()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_is_hidden_in_text_and_traceback(
    form: str, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    hide("hunter2222")
    logs.set_up("debug", form)
    try:
        raise ValueError("401 for hunter2222")
    except ValueError:
        logger.exception("no login with %s at %s", "hunter2222", "ws://ann:unknown@host/x")
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "no login with *** at ws://***@host/x" in err
    assert "hunter2222" not in err


def test_what_libraries_warn_of_is_redacted_too(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    hide("hunter2222")
    logs.set_up("info", "text")
    assert logging.lastResort is not None
    logging.lastResort.handle(logging.makeLogRecord({"msg": "refused: %s", "args": ("hunter2222",), "levelno": 30}))
    assert capsys.readouterr().err == "refused: ***\n"
