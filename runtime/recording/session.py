"""A recording from its beginning to its end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from flowrun.runtime.language.flow import Flow
from flowrun.runtime.recording import manifest
from flowrun.runtime.recording.manifest import Ended, Manifest
from flowrun.runtime.recording.pieces import Pieces
from flowrun.runtime.recording.recorder import Recorder
from flowrun.runtime.recording.tap import sources_of, tapped, tellers_of
from flowrun.runtime.running.engine import Engine
from flowrun.schemas.errors import FlowrunError, explain
from flowrun.schemas.plain import utc
from flowrun.schemas.redaction import redacted, without_passwords

log = logging.getLogger("flowrun.record")
REMOVES_AUDIO = "privacy_gate"
HIDDEN = "hidden"  # in the place of a secret: a plain word of YAML, so that the flow can still be read


class Consulted(Mapping[str, str]):
    """An environment that remembers which variables it was asked for, and whether they were set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.asked: dict[str, bool] = {}

    def __getitem__(self, name: str) -> str:
        self.asked[name] = name in self._environment
        return self._environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


class Session:
    """Records one run of a flow.

    Args:
        flow: The flow; `Session.flow` is to be run in its place.
        settings: Its `--set`.
        environment: The variables that it asked for, and whether each was set.
        folder: Where the recording goes; new, or empty.

    Raises:
        FlowError: the folder holds something.
        FlowrunError: the flow has no source of audio.
    """

    def __init__(self, flow: Flow, settings: Sequence[str], environment: Mapping[str, bool], folder: Path) -> None:
        sources = sources_of(flow)
        if not sources:
            raise FlowrunError(f"{flow.path}: no source gives audio, so there is nothing to record")
        if any(step.spec.name == REMOVES_AUDIO for step in flow.steps.values()):
            log.warning("the recording holds all that the sources hear, also what a `%s` removes", REMOVES_AUDIO)
        self._folder = folder
        self._manifest = Manifest(
            flowrun=version("flowrun"),
            began_at=utc(datetime.now(UTC)),
            flow=str(flow.path.absolute()),
            settings=tuple(redacted(setting, HIDDEN) for setting in settings),
            environment=environment,
            sources={name: flow.steps[step].info.rate_hz for step, named in sources.items() for name in named.values()},
            events=tuple(name for named in tellers_of(flow).values() for name in named.values()),
        )
        manifest.begin(folder, self._manifest, redacted("\n".join(flow.document.lines), HIDDEN) + "\n")
        self._pieces = Pieces(folder / manifest.PIECES)
        self.recorder = Recorder(self._pieces, wait=not flow.live)
        self.flow = tapped(flow, hear=self.recorder.hear, tell=self.recorder.tell)
        self.recorder.start()

    def end(self, engine: Engine, timeout_s: float) -> bool:
        """Complete the recording of what *engine* ran; return whether there is one, complete.

        Args:
            engine: The run.
            timeout_s: How long the disk may take.
        """
        if not self.recorder.close(timeout_s):
            log.warning("the disk took longer than %g s: the end of the recording is missing", timeout_s)
            return False
        try:
            if not self._pieces.count:
                manifest.discard(self._folder)
                log.warning("nothing was recorded, so %s is removed again", self._folder)
                return False
            manifest.end(self._folder, self._manifest, self._ended(engine))
        except OSError as error:
            log.warning("the recording could not be completed: %s; it can be replayed all the same", explain(error))
            return False
        return True

    def _ended(self, engine: Engine) -> Ended:
        stats = engine.stats()
        steps = [step for step in engine.flow.steps.values() if not step.spec.is_sink]  # no event depends on a sink
        dropped = {step.name: stats[step.name].dropped for step in steps if stats[step.name].dropped}
        lost = self.recorder.lost_blocks, self.recorder.lost_events
        error = without_passwords(str(engine.error)) if engine.error else None
        return Ended(utc(datetime.now(UTC)), error, self._pieces.count, *lost, dropped)
