"""The page of one run: what the flow tells it, and the server of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from flowrun.models.history.database import set_aside
from flowrun.models.history.history import History, Limits, history_file
from flowrun.operators.sinks._web.app import application
from flowrun.operators.sinks._web.clips import Clips
from flowrun.operators.sinks._web.connections import ServerConnections
from flowrun.operators.sinks._web.desk import Desk
from flowrun.operators.sinks._web.endpoint import Endpoint
from flowrun.operators.sinks._web.entrance import Entrance
from flowrun.operators.sinks._web.events import Events
from flowrun.operators.sinks._web.export import Export
from flowrun.operators.sinks._web.flow import Flow
from flowrun.operators.sinks._web.hosts import Hosts
from flowrun.operators.sinks._web.live import Live
from flowrun.operators.sinks._web.login import Login
from flowrun.operators.sinks._web.passwords import Password
from flowrun.operators.sinks._web.recordings import Recordings
from flowrun.operators.sinks._web.server import Server, listen, url_of
from flowrun.operators.sinks._web.sessions import Sessions
from flowrun.operators.sinks._web.shapes import STATE
from flowrun.operators.sinks._web.state import FlowState
from flowrun.operators.sinks._web.training import Training
from flowrun.schemas.errors import DeliveryError, explain
from flowrun.schemas.ports import Audio, CrossValidation, Event, Levels, Metrics, Predictions, Scores, StreamEnd
from flowrun.schemas.run import Run

Item = Audio | Scores | Predictions | Levels | Event | Metrics | CrossValidation | StreamEnd


@dataclass(frozen=True, slots=True)
class Options:
    """Where the page is, who may see it, and what is kept for it; see the operator `web`."""

    host: str
    port: int
    password: str | None
    names: list[str]
    clips: Path | None
    limits: Limits
    stay: bool


class Page:
    """Takes the items of the flow, and shows them until it is closed.

    Raises:
        DeliveryError: the port cannot be had, or the history not be kept.
    """

    def __init__(self, options: Options, run: Run) -> None:
        self._run = run
        self._clips = options.clips
        self._stay = options.stay
        self._full = False  # the disk takes no more events
        self._desk = Desk()
        self._training = Training(run)
        listener = listen(options.host, options.port)
        try:
            self._history = _history(options.limits, run)
        except BaseException:
            listener.close()
            raise
        self.url = url_of(listener)
        entrance = Entrance(Password(options.password)) if options.password else None
        state = FlowState(run, self._desk, login=entrance is not None)
        sessions, cookie = Sessions(), f"flowrun-{listener.getsockname()[1]}"  # cookies know no ports
        self._events = Events(self._history, self._desk.put_event)
        recordings = Recordings(self._clip_folders)
        endpoints = [
            Endpoint("GET", "state", "How it goes with the flow.", lambda _: state.data(), STATE),
            *self._events.endpoints(),
            *Clips(recordings, self._events.event).endpoints(),
            *Export(self._history, recordings, run.state_folder).endpoints(),
            *Flow(run).endpoints(),
            *ServerConnections(run).endpoints(),
            *self._training.endpoints(),
            *Login(entrance, sessions, cookie).endpoints(),
        ]
        live = Live(self._desk, state.data)
        hosts = Hosts(options.host, options.names)
        app = application(endpoints, live, hosts, sessions, entrance, cookie, version("flowrun"))
        self._server = Server(listener, app, live)

    def write(self, item: Item) -> None:
        """Take an item."""
        if isinstance(item, Event):
            self._keep(item)
        elif isinstance(item, Metrics | CrossValidation):
            self._training.put(item)
        else:
            self._desk.put(item)

    def close(self) -> None:
        """Show nothing more; what the flow has done may be looked at first."""
        if self._stay:
            self._run.rest()
        self.abort()

    def abort(self) -> None:
        """Show nothing more."""
        self._events.close()
        self._server.close()
        self._history.close()

    def _keep(self, event: Event) -> None:
        try:
            kept = self._history.add(event, self._run.now())
        except sqlite3.Error as error:
            if not self._full:
                self._run.state("failing", f"events cannot be kept: {error}; what is heard goes on without the page")
            self._full = True
            return
        if self._full:
            self._run.state("working", f"events are kept again, and shown at {self.url}")
            self._full = False
        self._desk.put_event(kept)

    def _clip_folders(self) -> Iterable[Path]:
        """Return where recordings may lie: what the flow was told or, without that, where its steps write events'."""
        if self._clips:
            return [self._clips]
        writers = {link.source for link in self._run.plan.links if link.carries == "Event"}
        steps = self._run.plan.steps
        return [folder for name in writers if steps[name].group == "sinks" for folder in steps[name].folders]


def _history(limits: Limits, run: Run) -> History:
    file = history_file(run.state_folder, run.plan.name)
    try:
        try:
            return History(file, limits)
        except sqlite3.OperationalError:  # no such folder, a full disk, no rights: the file may be well
            raise
        except sqlite3.DatabaseError as error:
            aside = set_aside(file, run.now())
            run.warn(f"the history of events is damaged ({error}): it is kept as {aside.name}, and a new one begun")
            return History(file, limits)
    except (OSError, sqlite3.Error) as error:
        raise DeliveryError(f"events cannot be kept in {file}: {explain(error)}") from error
