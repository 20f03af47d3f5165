"""The web page: see and hear what the box hears."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from reactivex import Observable

from flowrun.operators.sinks._on_demand import on_demand
from flowrun.schemas.kernel import Sink, Writer, write_to
from flowrun.schemas.parameters import Field
from flowrun.schemas.ports import Audio, CrossValidation, Event, Levels, Metrics, Predictions, Scores, StreamEnd
from flowrun.schemas.run import Run
from flowrun.schemas.spec import operator
from flowrun.schemas.stream_info import Mismatch, StreamInfo

SHORTEST = 8  # characters of a password
Item = Audio | Scores | Predictions | Levels | Event | Metrics | CrossValidation | StreamEnd


def _info(*, items: StreamInfo, host: str, password: str | None, **_: object) -> StreamInfo:
    from flowrun.operators.sinks._web.hosts import is_loopback

    if password is not None and len(password) < SHORTEST:
        raise Mismatch(f"a password has at least {SHORTEST} characters", "password")
    if password is None and not is_loopback(host):
        said = f"others reach the page at {host!r}, so it needs a password"
        raise Mismatch(said, "host", remedy="add `password: ${file:PATH}`, or leave `host` out: 127.0.0.1")
    return StreamInfo()


@operator(info=_info, on_error="skip")
def web(
    items: Observable[Audio | Scores | Predictions | Levels | Event | Metrics | CrossValidation | StreamEnd],
    *,
    port: Annotated[int, Field(ge=0, le=65535)] = 8080,
    host: str = "127.0.0.1",
    password: Annotated[str | None, Field(secret=True)] = None,
    names: list[str] | None = None,
    clips: Path | None = None,
    keep_s: Annotated[float, Field("s", gt=0)] = 7_776_000.0,
    keep_events: Annotated[int, Field("events", ge=1, le=10_000_000)] = 100_000,
    stay: bool = False,
    run: Run,
) -> Sink:
    """Show on a web page what comes to this step, and how it goes with the whole flow.

    Live: the spectrogram, the level, the best classes, the events, and the sound itself on request. Beside that: all
    events with their clips and what people said of them, the graph of the flow with its counts, thresholds to be tried,
    connections to servers, and trainings. The API behind it is told by `/api/v1/openapi.json`.

    Nothing that a browser does holds the flow up. Events are kept in the folder for state, so that they outlive the
    run. A page that others reach needs a password, and a proxy in front of it that speaks https.

    Args:
        port: Where to listen; 0 is any port that is free, told in the log.
        host: Name or address to listen at; "0.0.0.0" is all of this machine's.
        password: What is asked for before anything is shown; at least 8 characters.
        names: Other names that the page is asked for by, that of a proxy for instance.
        clips: The only folder that recordings are played from; without it those that the steps write to which give the
            events.
        keep_s: Events that were told longer ago are forgotten; 90 days by default.
        keep_events: Of more the oldest are forgotten.
        stay: Whether the page stays when the flow has come to its end, a training for instance, until somebody ends
            it; `--web` does so.
    """

    def page() -> Writer[Item]:
        on_demand("uvicorn", "web", "web")
        on_demand("websockets", "web", "web")
        on_demand("starlette", "web", "web")
        from flowrun.models.history.history import Limits
        from flowrun.operators.sinks._web.page import Options, Page

        made = Page(Options(host, port, password, names or [], clips, Limits(keep_s, keep_events), stay), run)
        run.state("working", f"the page is at {made.url}")
        return made

    return write_to(items, page)
