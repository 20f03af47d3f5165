"""References in values: replaced after parsing, text or one scalar, never structure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flowrun.runtime.language.interpolate import Interpolation, Secret
from flowrun.runtime.language.settings import override
from flowrun.runtime.language.yaml_reader import parse
from flowrun.schemas.redaction import redacted

FLOW = "vars: {rate: 16000, name: mic}\nsteps: {a: {value: %s}}\n"


def value(text: str, **environment: str) -> tuple[Any, list[str]]:
    """Return what a value in the flow becomes, and the complaints."""
    document = parse(FLOW % text, "f.yaml")
    interpolation = Interpolation(document, environment)
    data = interpolation.flow()
    return data["steps"]["a"]["value"], [str(problem) for problem in interpolation.problems]


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("$rate", 16000),  # a whole reference keeps the type
        ("at $rate Hz", "at 16000 Hz"),
        ("${name}", "mic"),
        ("$$rate", "$rate"),
        ("${X:-4}", "4"),
        ("${SET}", "yes: {no: [1]}"),
        ("${EMPTY:-filled}", "filled"),
        ("costs 5$", "costs 5$"),
    ],
)
def test_references_become_values(text: str, becomes: object) -> None:
    assert value(f"'{text}'", SET="yes: {no: [1]}", EMPTY="") == (becomes, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$nmae", "no variable 'nmae' under vars; did you mean 'name'?"),
        ("$HOME", "no variable 'HOME' under vars; write ${HOME} for the environment's"),
        ("${UNSET}", "the environment has no UNSET; set it, or give a default: ${UNSET:-"),
        ("${UNSET:?say where}", "the environment has no UNSET: say where"),
        ("${9x}", "${9x} is not a reference; write ${NAME}"),
    ],
)
def test_what_cannot_be_replaced_is_said_at_its_place(text: str, said: str) -> None:
    _, complaints = value(f"'{text}'", HOME="/root")
    assert len(complaints) == 1
    assert complaints[0].startswith("f.yaml:2:20: ")
    assert said in complaints[0]


def test_a_variable_that_is_null_leaves_its_option_out() -> None:
    document = parse("vars: {folder: null}\nsteps: {a: {use: b, folder: $folder, size: null}}\n", "f.yaml")
    assert Interpolation(document, {}).flow()["steps"]["a"] == {"use": "b", "size": None}


def test_a_secret_file_gives_text_that_does_not_show_itself(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\n")
    secret, complaints = value(f"'Bearer ${{file:{tmp_path}/token}}'")
    assert not complaints
    assert secret == "Bearer hunter2"
    assert isinstance(secret, Secret)
    assert "hunter2" not in repr(secret)


def test_a_credential_is_a_file_that_systemd_gives(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("hunter2\n")
    secret, complaints = value("'${credential:mqtt-password}'", CREDENTIALS_DIRECTORY=str(tmp_path))
    assert (secret, complaints) == ("hunter2", [])
    assert isinstance(secret, Secret)
    assert redacted("it is hunter2") == "it is ***"


@pytest.mark.parametrize(
    ("text", "folder", "said"),
    [
        ("${credential:token}", "", "there is no credential 'token': $CREDENTIALS_DIRECTORY is not set"),
        ("${credential:token}", "/no/such", "the secret file '/no/such/token' cannot be read: No such file"),
        ("${credential:../token}", "/run", "'../token' is not the name of a credential"),
        ("${credential:..}", "/run", "'..' is not the name of a credential"),
        ("${credential:}", "/run", "'' is not the name of a credential"),
    ],
)
def test_a_credential_that_is_not_there_is_said(text: str, folder: str, said: str) -> None:
    _, (complaint,) = value(f"'{text}'", CREDENTIALS_DIRECTORY=folder)
    assert said in complaint


def test_a_setting_replaces_or_adds_a_value_and_names_itself_in_problems() -> None:
    document = parse(FLOW % 1, "f.yaml")
    assert override(document, ["vars.rate=8000", "steps.a.labels={Glass: 0.5}", "steps.a.value=2"]) == []
    assert document.data["vars"]["rate"] == "8000"
    assert document.data["steps"]["a"] == {"value": "2", "labels": {"Glass": 0.5}}
    assert str(document.problem(("steps", "a", "value"), "range", "too large")) == "--set steps.a.value: too large"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("vars.rat=1", "no variable 'rat'; did you mean 'rate'?"),
        ("steps.b.value=1", "no step 'b'"),
        ("steps.a=1", "name an option"),
        ("tests.x=1", "only vars.NAME and steps.STEP.OPTION can be set"),
        ("vars.rate", "needs the form path=value"),
        ("steps.a.value=[1", "not good YAML"),
    ],
)
def test_a_setting_that_leads_nowhere_is_one_line(setting: str, said: str) -> None:
    problems = override(parse(FLOW % 1, "f.yaml"), [setting])
    assert len(problems) == 1
    assert said in str(problems[0])
