"""The log for machines tells steps and states as fields."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from flowrun.runtime import logs


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
