"""Declaring operators: the signature is the whole truth, and an incomplete one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import jsonschema
import pytest
from reactivex import Observable

from flowrun.schemas.kernel import Sink
from flowrun.schemas.parameters import Field, schema_of
from flowrun.schemas.ports import Audio, Event, Scores, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator, spec_of


class Two(NamedTuple):
    """Two outputs."""

    scores: Observable[Scores]
    events: Observable[Event]


class Limits(TypedDict):
    """Two numbers."""

    on: Annotated[float, Field(ge=0)]
    off: float


@operator(live=True)
def example(
    audio: Observable[Audio],
    other: Observable[Audio | StreamEnd],
    *,
    rate_hz: Annotated[int, Field("Hz", gt=0)] = 16000,
    mode: Literal["a", "b"] = "a",
    file: Annotated[Path, Field(exists="file")],
    limit: Annotated[float | None, Field(le=1)] = None,
    run: Run,
) -> Two:
    """Do something.

    More about it,
    in two lines.

    Args:
        rate_hz: The rate
            of the output.
        mode: How.
        file: A file.
        limit: The most.

    Raises:
        ValueError: never.
    """
    raise NotImplementedError


def test_ports_options_and_documentation_come_from_the_signature() -> None:
    spec = spec_of(example)
    assert (spec.name, spec.summary, spec.live) == ("example", "Do something.", True)
    assert spec.inputs == {"audio": (Audio,), "other": (Audio, StreamEnd)}
    assert spec.outputs == {"scores": Scores, "events": Event}
    assert spec.run_parameter == "run"
    assert spec.wants_stream_end("other")
    assert spec.parameters["required"] == ["file"]
    assert spec.parameters["properties"]["rate_hz"] == {
        "description": "The rate of the output.",
        "type": "integer",
        "x-unit": "Hz",
        "exclusiveMinimum": 0,
        "default": 16000,
    }
    assert set(spec.parameters["properties"]) == {"rate_hz", "mode", "file", "limit"}


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (bool, [True], [1, "true"]),
        (Annotated[float, Field(gt=0, le=2)], [2, 0.5], [0, 2.5, "1"]),
        (Literal["a", "b"], ["a"], ["c", 1]),
        (list[int], [[], [1]], [[1.5], 1]),
        (
            dict[str, Annotated[float, Field(ge=0)] | Limits],
            [{"x": 1, "y": {"on": 1, "off": 0}}],
            [{"x": -1}, {"y": {"on": 1}}],
        ),
        (str | list[str], ["a", ["a"]], [1, [1]]),
        (int | None, [1], [1.5]),
    ],
)
def test_an_annotation_becomes_a_schema_that_takes_what_it_means(hint: Any, good: list[Any], bad: list[Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema_of(hint))
    assert all(validator.is_valid(value) for value in good)
    assert not any(validator.is_valid(value) for value in bad)


def test_a_type_without_a_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="a parameter cannot be a"):
        schema_of(complex)


def undocumented(audio: Observable[Audio], *, gain: float = 1.0) -> Observable[Audio]:
    """Amplify."""
    return audio


def positional(audio: Observable[Audio], gain: float = 1.0) -> Observable[Audio]:
    """Amplify.

    Args:
        gain: The factor.
    """
    return audio


def reserved(audio: Observable[Audio], *, queue: int = 1) -> Observable[Audio]:
    """Wait.

    Args:
        queue: A word of the language.
    """
    return audio


def no_output(audio: Observable[Audio]) -> int:
    """Count."""
    return 0


def without_docstring(audio: Observable[Audio]) -> Observable[Audio]:
    return audio


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (undocumented, "parameter 'gain' must be"),
        (positional, "parameter 'gain' must be"),
        (reserved, "'queue' is a word of the flow language"),
        (no_output, "must return an `Observable"),
        (without_docstring, "a docstring is missing"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_incomplete_declaration_says_what_is_missing(function: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        operator(function)


def test_sinks_give_nothing_and_may_say_so_in_two_ways() -> None:
    @operator
    def one(items: Observable[Audio]) -> Sink:
        """Keep."""
        raise NotImplementedError

    @operator
    def two(items: Observable[Audio]) -> None:
        """Keep."""

    assert spec_of(one).is_sink
    assert spec_of(two).is_sink
