"""Declaring an operator: one function is the code, the ports, the schema and the documentation."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Never, TypeVar, overload

from reactivex import Observable

from flowrun.schemas.parameters import Schema, schema_of
from flowrun.schemas.pausing import pausable
from flowrun.schemas.ports import StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.stream_info import StreamInfo

Info = Callable[..., StreamInfo]
RESERVED = frozenset({"use", "from", "on_error", "queue"})
MAIN = "main"  # the output read by a plain `from: step`


@dataclass(frozen=True, slots=True)
class Spec:
    """An operator as the runtime sees it.

    inputs: for each port, the types it takes; `optional` of them may be left open, and those in `first` are complete
    before anything comes to the others. outputs: for each output, the type it gives; the first is read by a plain
    `from: step`. parameters: JSON Schema of the configuration.
    """

    name: str
    module: str
    summary: str
    description: str
    inputs: Mapping[str, tuple[type, ...]]
    outputs: Mapping[str, type]
    parameters: Schema
    build: Callable[..., Any]
    info: Info
    run_parameter: str | None
    live: bool
    on_error: Literal["stop", "skip"]
    optional: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()

    @property
    def is_source(self) -> bool:
        """Whether it has no input."""
        return not self.inputs

    @property
    def is_sink(self) -> bool:
        """Whether it has no output."""
        return not self.outputs

    @property
    def keeps(self) -> bool:
        """Whether it gives what it gets to the outside, and so gets a queue: all sinks, also those that pass it on."""
        return self.is_sink or self.group == "sinks"

    @property
    def group(self) -> str:
        """The folder it lives in; a plug-in's is its package."""
        parts = self.module.split(".")
        return parts[2] if self.module.startswith("flowrun.operators.") else parts[0]

    def wants_stream_end(self, port: str) -> bool:
        """Whether *port* asks to be told when a stream has ended."""
        return StreamEnd in self.inputs[port]


F = TypeVar("F", bound=Callable[..., Any])


@overload
def operator(function: F, /) -> F: ...
@overload
def operator(
    *,
    info: Info | None = None,
    live: bool = False,
    on_error: Literal["stop", "skip"] = "stop",
    first: Collection[str] = (),
) -> Callable[[F], F]: ...
def operator(
    function: F | None = None,
    /,
    *,
    info: Info | None = None,
    live: bool = False,
    on_error: Literal["stop", "skip"] = "stop",
    first: Collection[str] = (),
) -> F | Callable[[F], F]:
    """Declare the function below as the operator of its own name: `@operator`, or `@operator(...)` with the following.

    Parameters annotated `Observable[T]` are the input ports (`Observable[T] | None`: a port that may be left open),
    keyword-only parameters the configuration, a parameter of type `Run` receives the run. The return annotation is the
    output: `Observable[T]`, a NamedTuple of them (named outputs), or `Sink` or None. The docstring needs a line under
    Args for each option.

    Args:
        function: The function itself, where the decorator has no arguments.
        info: What the step makes of the static facts about its inputs: called with a `StreamInfo` per port and
            the configuration, all by name; returns the output's. It refuses a misfit by raising `Mismatch`.
        live: A source that cannot wait, such as a microphone.
        on_error: What a step does about an item it fails on, where the flow does not say.
        first: Ports that must be complete before anything may come to the others.

    Raises:
        TypeError: the declaration is incomplete.
    """

    def declare(declared: F) -> F:
        declared.spec = _spec(declared, info, live, on_error, frozenset(first))  # type: ignore[attr-defined]
        return declared

    return declare if function is None else declare(function)


def spec_of(function: Callable[..., Any]) -> Spec:
    """Return what `@operator` made of the declaration of *function*.

    Raises:
        TypeError: it is not an operator.
    """
    spec = getattr(function, "spec", None)
    if not isinstance(spec, Spec):
        raise TypeError(f"{function!r} is not an operator: did you forget `@operator`?")
    return spec


def _spec(
    function: Callable[..., Any],
    info: Info | None,
    live: bool,
    on_error: Literal["stop", "skip"],
    first: frozenset[str],
) -> Spec:
    name = function.__name__
    hints = typing.get_type_hints(function, include_extras=True)
    summary, description, prose = _documentation(inspect.getdoc(function) or "")
    inputs: dict[str, tuple[type, ...]] = {}
    properties: dict[str, Schema] = {}
    required: list[str] = []
    optional: set[str] = set()
    run_parameter = None
    if not summary:
        raise TypeError(f"operator {name!r}: a docstring is missing")
    for parameter in inspect.signature(function).parameters.values():
        hint = hints.get(parameter.name)
        if _may_be_none(hint) and typing.get_origin(typing.get_args(hint)[0]) is Observable:
            hint = typing.get_args(hint)[0]
            optional.add(parameter.name)
        if typing.get_origin(hint) is Observable:
            inputs[parameter.name] = _alternatives(typing.get_args(hint)[0])
        elif hint is Run:
            run_parameter = parameter.name
        elif parameter.kind is not parameter.KEYWORD_ONLY or parameter.name not in prose or hint is None:
            raise TypeError(
                f"operator {name!r}: parameter {parameter.name!r} must be an `Observable[...]` (an input), "
                "or keyword-only with a type and a line under Args (configuration)"
            )
        elif parameter.name in RESERVED:
            raise TypeError(f"operator {name!r}: {parameter.name!r} is a word of the flow language")
        else:
            properties[parameter.name] = {"description": prose[parameter.name], **schema_of(hint)}
            if parameter.default is parameter.empty:
                required.append(parameter.name)
            elif parameter.default is not None:
                default = parameter.default
                plain = isinstance(default, (bool, int, float, str, list, dict))
                properties[parameter.name]["default"] = default if plain else str(default)
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    outputs = _outputs(name, hints.get("return", Any))
    follows = len(inputs) == 1 and list(outputs.values()) == list(*inputs.values())
    return Spec(
        name,
        function.__module__,
        summary,
        description,
        inputs,
        outputs,
        parameters,
        pausable(function, outputs, run_parameter) if live and run_parameter else function,
        info or (_same if follows else _nothing),
        run_parameter,
        live,
        on_error,
        frozenset(optional),
        first,
    )


def _same(*_: StreamInfo, **named: Any) -> StreamInfo:
    return next(value for value in named.values() if isinstance(value, StreamInfo))


def _nothing(*_: StreamInfo, **named: Any) -> StreamInfo:
    return StreamInfo()


def _may_be_none(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, UnionType) and NoneType in typing.get_args(hint)


def _alternatives(hint: Any) -> tuple[type, ...]:
    return typing.get_args(hint) or (hint,)


def _outputs(name: str, hint: Any) -> dict[str, type]:
    if hint is NoneType:
        return {}
    if typing.get_origin(hint) is Observable:
        (given,) = typing.get_args(hint)
        return {} if given is Never else {MAIN: given}
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return {key: typing.get_args(of)[0] for key, of in typing.get_type_hints(hint).items()}
    raise TypeError(f"operator {name!r}: it must return an `Observable[...]`, a NamedTuple of them, `Sink` or None")


def _documentation(text: str) -> tuple[str, str, dict[str, str]]:
    """Return the summary, the rest before the sections, and the text of each line under Args."""
    head, _, sections = text.partition("\nArgs:\n")
    summary, _, description = head.partition("\n")
    body = re.split(r"^\S", sections, maxsplit=1, flags=re.M)[0]
    prose: dict[str, str] = {}
    for line in body.splitlines():
        start = re.match(r" {4}(\w+): (.+)", line)
        if start:
            prose[start[1]] = start[2]
        elif line.strip() and prose:
            prose[list(prose)[-1]] += " " + line.strip()
    return summary.strip(), description.strip(), prose
