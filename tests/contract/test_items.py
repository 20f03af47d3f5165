"""Every operator passes on errors and ends, leaves its input alone, and keeps no state outside a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from reactivex import operators as ops
from reactivex.subject import Subject

from flowrun.runtime import discovery
from flowrun.schemas.ports import Failed, StreamEnd
from flowrun.schemas.run import Alone
from flowrun.schemas.spec import Spec

SPECS = discovery.specs()
CASES = [(spec, kind) for spec in SPECS for kind in next(iter(spec.inputs.values()), ()) if kind is not StreamEnd]
readers = pytest.mark.parametrize(
    ("spec", "kind"), CASES, ids=lambda of: of.name if isinstance(of, Spec) else of.__name__
)
ending = [s for s in SPECS if s.is_source and not s.live]  # what listens ends when the run does, and never twice alike
sources = pytest.mark.parametrize("spec", ending, ids=lambda spec: spec.name)


class Running:
    """One operator with a subject on each port, and what its outputs have given."""

    def __init__(self, spec: Spec, options: dict[str, Any]) -> None:
        self.ports: dict[str, Subject[Any]] = {port: Subject() for port in spec.inputs}
        run = {spec.run_parameter: Alone()} if spec.run_parameter else {}
        given = spec.build(
            **{port: subject.pipe(ops.as_observable()) for port, subject in self.ports.items()}, **options, **run
        )
        self.outputs = given if isinstance(given, tuple) else (given,)

    def subscribe(self) -> tuple[list[Any], list[Exception], list[str]]:
        """Return the items of the first output, and the errors and the ends of all."""
        items: list[Any] = []
        errors: list[Exception] = []
        ends: list[str] = []
        for output in reversed(self.outputs):
            keep = items.append if output is self.outputs[0] else lambda item: None
            output.subscribe(keep, errors.append, lambda: ends.append("end"))
        return items, errors, ends

    def play(self, items: list[Any]) -> None:
        for item in items:
            next(iter(self.ports.values())).on_next(item)


def flat(item: Any) -> Any:
    """Return an item as nested lists, which can be compared."""
    if isinstance(item, np.ndarray):
        return repr(item.tolist())  # NaN is not equal to itself, but written alike
    if is_dataclass(item):
        return [flat(getattr(item, field.name)) for field in fields(item)]
    if isinstance(item, Mapping):
        return {key: flat(value) for key, value in item.items()}
    return item


def arrays(item: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(item, np.ndarray):
        yield item
    elif is_dataclass(item):
        for field in fields(item):
            yield from arrays(getattr(item, field.name))
    elif isinstance(item, Mapping):
        for value in item.values():
            yield from arrays(value)


@readers
def test_an_error_upstream_passes_through(spec: Spec, kind: type, samples: Any) -> None:
    running = Running(spec, samples.options(spec))
    _, errors, ends = running.subscribe()
    running.play(samples.items(kind)[:1])
    broken = ValueError("broken")
    for port in running.ports.values():
        port.on_error(broken)
    assert errors == [broken] * len(running.outputs)
    assert not ends


@readers
def test_it_ends_when_its_input_ends_without_a_failure(spec: Spec, kind: type, samples: Any) -> None:
    running = Running(spec, samples.options(spec))
    items, errors, ends = running.subscribe()
    running.play(samples.items(kind))
    for port in running.ports.values():
        port.on_completed()
    assert not errors
    assert len(ends) == len(running.outputs)
    assert [item.error for item in items if isinstance(item, Failed)] == []
    assert all(isinstance(item, tuple(spec.outputs.values())) for item in items)


@readers
def test_its_input_stays_as_it_was(spec: Spec, kind: type, samples: Any) -> None:
    items = samples.items(kind)
    for item in items:
        for array in arrays(item):
            array.flags.writeable = False
    running = Running(spec, samples.options(spec))
    given, _, _ = running.subscribe()
    running.play(items)
    for port in running.ports.values():
        port.on_completed()
    assert [item.error for item in given if isinstance(item, Failed)] == []
    assert [flat(item) for item in items] == [flat(item) for item in samples.items(kind)]


@pytest.mark.parametrize(
    ("spec", "kind"),
    [(s, k) for s, k in CASES if not s.is_sink and len(s.outputs) == 1],
    ids=lambda of: of.name if isinstance(of, Spec) else of.__name__,
)
def test_two_subscriptions_know_nothing_of_each_other(spec: Spec, kind: type, samples: Any) -> None:
    running = Running(spec, samples.options(spec))
    first, *_ = running.subscribe()
    second, *_ = running.subscribe()
    running.play(samples.items(kind))
    alone = Running(spec, samples.options(spec))
    expected, *_ = alone.subscribe()
    alone.play(samples.items(kind))
    assert [flat(i) for i in first] == [flat(i) for i in second] == [flat(i) for i in expected]


@sources
def test_a_source_ends_each_stream_once_and_may_be_read_again(spec: Spec, samples: Any) -> None:
    running = Running(spec, samples.options(spec))
    first, errors, ends = running.subscribe()
    assert (errors, ends) == ([], ["end"] * len(running.outputs))
    assert all(isinstance(item, tuple(spec.outputs.values())) for item in first)
    lasts = [item.stream for item in first if item.last]
    assert sorted(lasts) == sorted({item.stream for item in first})
    second, *_ = running.subscribe()
    assert [flat(i) for i in first] == [flat(i) for i in second]


def test_every_port_type_has_a_sample(samples: Any) -> None:
    for spec in SPECS:
        for kinds in spec.inputs.values():
            for kind in kinds:
                assert samples.items(kind)


def test_no_options_are_left_of_an_operator_that_is_gone(samples: Any) -> None:
    assert samples.named <= {spec.name for spec in SPECS}
