"""Every operator says what it is, and its schema describes what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flowrun.runtime import discovery
from flowrun.schemas.spec import Spec

every = pytest.mark.parametrize("spec", discovery.specs(), ids=lambda spec: spec.name)
SUFFIX = {"s": "_s", "Hz": "_hz", "dBFS": "_db"}


@every
def test_it_is_described_in_a_sentence_and_so_is_each_option(spec: Spec) -> None:
    assert spec.summary[0].isupper()
    assert spec.summary.endswith(".")
    for option, rule in spec.parameters["properties"].items():
        assert rule["description"][0] != rule["description"][0].lower() or rule["description"][0] == '"', option
        assert rule["description"].endswith("."), option


@every
def test_an_option_with_a_unit_has_it_in_its_name(spec: Spec) -> None:
    for option, rule in spec.parameters["properties"].items():
        suffix = SUFFIX.get(rule.get("x-unit", ""), "")
        assert option.endswith(suffix), option


@every
def test_its_schema_is_a_schema_and_takes_its_defaults(spec: Spec, samples: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(spec.parameters)
    options = {key: rule["default"] for key, rule in spec.parameters["properties"].items() if "default" in rule}
    options |= {key: str(v) if isinstance(v, Path) else v for key, v in samples.options(spec).items()}
    jsonschema.validate(options, spec.parameters)


@every
def test_its_schema_refuses_what_it_does_not_know(spec: Spec, samples: Any) -> None:
    options = {key: str(v) if isinstance(v, Path) else v for key, v in samples.options(spec).items()}
    with pytest.raises(jsonschema.ValidationError, match="surprise"):
        jsonschema.validate({**options, "surprise": 1}, spec.parameters)
