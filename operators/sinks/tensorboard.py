"""TensorBoard."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from reactivex import Observable

from flowrun.operators.sinks._on_demand import on_demand
from flowrun.schemas.errors import explain
from flowrun.schemas.kernel import Sink, write_to
from flowrun.schemas.ports import Metrics
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator

OURS = ".flowrun"  # how the names of our event files end


@operator
def tensorboard(metrics: Observable[Metrics], *, folder: Path, run: Run) -> Sink:
    """Write the measures of a training where TensorBoard finds them: `tensorboard --logdir FOLDER`.

    Each part of the training is a run of its own: `FOLDER/training`, `FOLDER/validation`. A flow that is started again
    writes new curves, for a training that goes on gives its earlier measures again; flowrun's event files of before
    are emptied and removed once there is a new one, and files of other programs stay.

    Args:
        folder: The folder that TensorBoard is given.
    """
    return write_to(metrics, lambda: _Writer(folder, run))


class _Writer:
    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self.run = run
        self.files: dict[str, _EventFile] = {}
        _EventFile.library()  # what is amiss is told now, not after the first epoch
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, item: Metrics) -> None:
        wall_time = self.run.now().timestamp()
        try:
            if item.part not in self.files:
                self.files[item.part] = _EventFile(self.folder / item.part, wall_time)
            self.files[item.part].add(item, wall_time)
        except OSError as error:  # a full disk, say: no reason to end a training of hours
            self.run.warn(f"measures wait until they can be written: {explain(error)}")

    def close(self) -> None:
        for file in self.files.values():
            file.close()

    abort = close


class _EventFile:
    """The event file of one part; it takes the place of those that earlier runs left in its folder."""

    def __init__(self, folder: Path, wall_time: float) -> None:
        event_pb2, _, record_writer = self.library()
        folder.mkdir(parents=True, exist_ok=True)
        # TensorBoard reads the files of a folder in the order of their names.
        path = folder / f"events.out.tfevents.{wall_time:.3f}.{socket.gethostname()}.{os.getpid()}{OURS}"
        before = sorted(old for old in folder.glob(f"events.out.tfevents.*{OURS}") if old != path)
        self._records = record_writer.RecordWriter(path.open("wb"))
        self._write(event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2"))
        # A TensorBoard that is open forgets what it has read of the run from this step on, step 0.
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._write(event_pb2.Event(wall_time=wall_time, step=0, session_log=start))
        for old in before[:-1]:
            old.unlink(missing_ok=True)
        for old in before[-1:]:  # a TensorBoard that is open reads this one, and would never go on if it vanished
            os.truncate(old, 0)

    def add(self, item: Metrics, wall_time: float) -> None:
        """Add the measures, for good: they survive the end of the process."""
        event_pb2, summary_pb2, _ = self.library()
        values = [summary_pb2.Summary.Value(tag=name, simple_value=value) for name, value in item.values.items()]
        summary = summary_pb2.Summary(value=values)
        self._write(event_pb2.Event(wall_time=wall_time, step=item.step, summary=summary))

    def _write(self, event: Any) -> None:
        self._records.write(event.SerializeToString())
        self._records.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._records.close()

    @staticmethod
    def library() -> tuple[Any, Any, Any]:
        """Return TensorBoard's modules of events, of their values and of the file they are in."""
        names = ("compat.proto.event_pb2", "compat.proto.summary_pb2", "summary.writer.record_writer")
        event_pb2, summary_pb2, record_writer = (on_demand(f"tensorboard.{name}", "tensorboard") for name in names)
        return event_pb2, summary_pb2, record_writer
