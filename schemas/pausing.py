"""Live sources that are silent while the run is paused: nobody has to know who writes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from flowrun.schemas.control import Control
from flowrun.schemas.kernel import per_stream
from flowrun.schemas.ports import Audio


def pausable(build: Callable[..., Any], outputs: Mapping[str, type], run_parameter: str) -> Callable[..., Any]:
    """Return *build*, which makes the *outputs* of a live source, with sound held back during pauses."""

    def built(**given: Any) -> Any:
        control: Control = given[run_parameter].control
        made = build(**given)
        several = made if isinstance(made, tuple) else (made,)
        held = tuple(
            per_stream(source, lambda: Pausing(control), across_gaps=True) if kind is Audio else source
            for source, kind in zip(several, outputs.values(), strict=True)
        )
        return held if isinstance(made, tuple) else held[0]

    return built


class Pausing:
    """A kernel that passes on the blocks of one stream, but none of a pause."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._gap = False

    def __call__(self, block: Audio) -> Iterator[Audio]:
        """Yield *block* if it may be heard; of the last of a stream only that it is the last."""
        if self._control.paused:
            self._gap = True
            if block.last:
                yield replace(block, samples=block.samples[:0], gap=True)
        elif self._gap:
            self._gap = False
            yield replace(block, gap=True)
        else:
            yield block
