"""`flowrun schema` prints the schema of flows, of an operator's options, or of an event."""

from __future__ import annotations

import json

import pytest

from flowrun.runtime import cli
from flowrun.schemas.event import event_schema


def test_that_of_an_event_is_the_one_that_sinks_keep_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", "--event"]) == 0
    assert json.loads(capsys.readouterr().out) == event_schema()


def test_an_option_that_is_a_secret_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", "notify"]) == 0
    options = json.loads(capsys.readouterr().out)["properties"]
    assert [name for name, rule in options.items() if rule.get("writeOnly")] == ["urls"]
    assert cli.main(["describe", "notify"]) == 0
    assert "urls: array, secret" in capsys.readouterr().out


def test_it_is_an_operator_or_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["schema", "notify", "--event"])
    assert "not allowed with" in capsys.readouterr().err
