"""The API does what its OpenAPI document says, and what the pages need."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import jsonschema
import numpy as np
import pytest
from openapi_spec_validator import validate

from flowrun.operators.sinks._web import events as events_module
from flowrun.schemas.connection import Connections, ConnectionView
from flowrun.schemas.health import Health, Stats, StepHealth, StepState
from flowrun.schemas.plan import Link, Plan, PlannedStep, WrittenThreshold
from flowrun.schemas.ports import CrossValidation, Metrics, PerClass
from flowrun.schemas.run import Alone
from tests.served_page import HEARD_AT, Answer, ServedPage, event, sound

Serve = Callable[..., ServedPage]
TOKEN = "a-token-that-nobody-sees"


@dataclass
class Door:
    """A connection that does what it is asked."""

    state: Any = "lost"
    url: str = "ws://old.lan/api"
    token: str = ""
    asked: list[str] = field(default_factory=list)

    def view(self) -> ConnectionView:
        return ConnectionView("devicehive", self.state, "away", self.url, "box-1", error="refused", backlog=3)

    def change(self, url: str, device_id: str | None, token: str | None) -> None:
        if "://" not in url:
            raise ValueError(f"{url!r} is no address")
        self.url, self.token = url, token or self.token

    def connect(self) -> None:
        self.state = "connecting"

    def disconnect(self) -> None:
        self.state = "off"


class Watched(Alone):
    """A run with a microphone that is missing, thresholds, a connection and a training."""

    def __init__(self) -> None:
        super().__init__("page")
        steps = {"mic": PlannedStep("microphone", "sources", live=True), "hits": PlannedStep("threshold", "detection")}
        self.plan = Plan(
            "alert",
            "name: alert\n",
            steps,
            (Link("mic", "hits", "scores", "Scores"),),
            (WrittenThreshold("hits", "Glass", 0.5), WrittenThreshold("all", None, 0.3)),
            lambda changes: f"edited: {sorted(changes.items())}\n",
        )
        self.control.thresholds("hits", ["Glass"])
        self.control.thresholds("all")
        self.door = Door()
        Connections.of(self).offer("iot", self.door)
        self.streams: tuple[str, ...] = ()
        self.progress = {"net": (0.25, "epoch 1 of 4")}
        self.ended = False

    def health(self) -> Health:
        mic = StepHealth(
            Stats(items_out=7),
            live=True,
            state=StepState("missing", "no such device", self.now()),
            streams=self.streams,
        )
        sink = StepHealth(Stats(items_in=5, dropped=2, errors=1), waiting=3, queue_size=64)
        return Health("alert", {"mic": mic, "page": sink}, ended=self.ended, progress=self.progress)


@pytest.fixture
def run() -> Watched:
    return Watched()


@pytest.fixture
def page(serve: Serve, run: Watched) -> ServedPage:
    return serve(run)


# The document


def test_the_document_is_openapi(page: ServedPage) -> None:
    validate(page.get("openapi.json"))


def cases(page: ServedPage) -> Iterator[tuple[str, str, Any]]:
    """Yield a request for each operation; what needs an event gets one."""
    page.put(event(), metrics(1, loss=0.5))
    bodies: Mapping[str, Any] = {
        "/paused": {"paused": False},
        "/thresholds": {"step": "hits", "label": "Glass", "value": 0.7},
        "/events/{id}/verdict": {"verdict": "right"},
        "/connections/{step}": {"url": "ws://new.lan/api"},
        "/login": {"password": ""},
    }
    for path, operations in page.get("openapi.json")["paths"].items():
        for method in operations:
            body = bodies.get(path) if method in ("put", "post") else None
            yield path, method.upper(), body


def test_every_answer_is_what_the_document_says(page: ServedPage) -> None:
    document = page.get("openapi.json")
    asked = list(cases(page))
    assert len(asked) > 20
    for path, method, body in asked:
        operation = document["paths"][path][method.lower()]
        answer = page.change(path[1:].replace("{id}", "1").replace("{step}", "iot"), body, method)
        said = operation["responses"].get(str(answer.status))
        assert said, f"{method} {path} answers with {answer.status}: {answer.body!r}"
        kind = answer.headers["content-type"].partition(";")[0]
        schema = said["content"][kind].get("schema", {})
        if schema == {"$ref": "#/components/schemas/Error"}:
            schema = document["components"]["schemas"]["Error"]
        if kind == "application/json":
            jsonschema.validate(answer.json, schema)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "paused", b"{"),
        ("PUT", "paused", b"[" * 10_000),
        ("PUT", "paused", b"\xff"),
        ("PUT", "paused", {"paused": 1}),
        ("PUT", "paused", {"paused": True, "more": 1}),
        ("PUT", "thresholds", {"step": "hits", "label": "Glass", "value": 1.5}),
        ("PUT", "thresholds", {"step": "hits", "label": "Glass", "value": float("nan")}),
        ("PUT", "connections/iot", {"url": ""}),
        ("PUT", "events/1/verdict", {"verdict": "maybe"}),
        ("POST", "login", {"password": "x" * 2000}),
        ("GET", "events?limit=0", None),
        ("GET", "events?limit=ten", None),
        ("GET", "events?before=1;DROP", None),
        ("GET", "events?since=yesterday", None),
        ("GET", "events?nothing=1", None),
        ("GET", "events/update?after=-1", None),
    ],
)
def test_a_request_that_is_not_declared_so_is_refused_in_words(
    page: ServedPage, method: str, path: str, body: Any
) -> None:
    page.put(event())
    answer = page.change(path, body, method)
    assert answer.status == 400
    assert len(answer.json["error"]) > 10


# The state


def test_a_source_that_gives_nothing_is_shown_with_the_reason(page: ServedPage) -> None:
    state = page.get("state")
    (stream,) = state["streams"]
    assert (stream["name"], stream["state"], stream["message"]) == ("mic", "missing", "no such device")
    assert (state["ready"], state["paused"], state["login"]) == (False, False, False)
    assert state["steps"]["page"]["queue_size"] == 64


def test_streams_are_shown_under_their_own_names(page: ServedPage, run: Watched) -> None:
    run.streams = ("hw:1", "hw:\udcff")
    page.put(sound(stream="hw:1"))
    streams = {stream["name"]: stream for stream in page.get("state")["streams"]}
    assert list(streams) == ["hw:1", "hw:\\udcff"]
    assert (streams["hw:1"]["step"], streams["hw:1"]["rate_hz"], streams["hw:1"]["audio"]) == ("mic", 16000, True)
    assert not streams["hw:\\udcff"]["audio"]


# Events


def test_events_come_in_pages_the_newest_first(page: ServedPage) -> None:
    page.put(*(event(str(i), score=i / 10) for i in range(7)))
    first = page.get("events?limit=3")
    assert [told["score"] for told in first["events"]] == [0.6, 0.5, 0.4]
    assert first["total"] == 7
    last = page.get(f"events?limit=4&before={first['next']}")
    assert [told["score"] for told in last["events"]] == [0.3, 0.2, 0.1, 0.0]
    assert last["next"] is None
    assert len(page.get("events")["events"]) == 7


def test_events_are_found_by_label_stream_time_score_and_verdict(page: ServedPage) -> None:
    for i, label in enumerate(("Glass", "Dog", "Glass")):
        page.put(event(str(i), label, 0.2 + 0.3 * i, stream=f"mic {i}", heard_at=HEARD_AT + timedelta(hours=i)))
    page.change("events/2/verdict", {"verdict": "wrong"})
    hour = quote((HEARD_AT + timedelta(hours=1)).isoformat())
    found = {
        "label=Glass": ["3", "1"],
        "stream=mic+1": ["2"],
        f"since={hour}": ["3", "2"],
        f"until={hour}": ["1"],
        "min_score=0.5": ["3", "2"],
        "verdict=wrong": ["2"],
        "label=": ["3", "2", "1"],
    }
    for query, names in found.items():
        assert [told["id"] for told in page.get(f"events?{query}")["events"]] == names, query
    assert page.get("events?label=Dog&limit=1")["labels"] == ["Dog", "Glass"], "all that there are, to choose from"


def test_an_event_that_comes_again_with_its_clip_takes_its_own_place(page: ServedPage) -> None:
    page.put(event(), event("2"), event(clip="/clips/a.wav"))
    assert [(told["id"], told["clip"]) for told in page.get("events")["events"]] == [("2", False), ("1", True)]


def test_no_path_of_this_machine_is_told(page: ServedPage) -> None:
    page.put(event(clip="/very/secret/a.wav"))
    assert b"secret" not in page.ask("events").body


def test_what_people_say_of_an_event_is_kept(page: ServedPage) -> None:
    page.put(event())
    for verdict in ("right", "wrong", None):
        assert page.change("events/1/verdict", {"verdict": verdict}).json["verdict"] == verdict
        assert page.get("events/1")["verdict"] == verdict
    assert page.change("events/9/verdict", {"verdict": "right"}).status == 404
    assert (
        page.ask("events/x").status
        == page.ask("events/%F0%9F%98%80").status
        == page.ask(f"events/{9**30}").status
        == 404
    )


def test_who_waits_for_events_gets_each_change_once(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "POLL_S", 0.1)
    begin = page.get("events/update")
    assert begin["events"] == []
    page.put(event(), event("2"))
    first = page.get(f"events/update?after={begin['next']}")
    assert [told["id"] for told in first["events"]] == ["1", "2"]
    assert page.get(f"events/update?after={first['next']}") == {"events": [], "next": first["next"]}
    page.put(event(clip="/a.wav"))
    assert [told["clip"] for told in page.get(f"events/update?after={first['next']}")["events"]] == [True]


def test_those_who_wait_are_not_too_many(page: ServedPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "WAITING", 0)
    answer = page.ask("events/update?after=0")
    assert (answer.status, answer.headers["retry-after"]) == (429, "5")


def test_the_end_of_the_flow_ends_the_waiting(run: Watched) -> None:
    page = ServedPage(run)
    begun = "GET /api/v1/events/update?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    plug = page.plug(begun.encode())
    assert page.get("state")["ready"] is False  # it has been read by now
    page.close()
    assert b"503" in plug.recv(65536)
    plug.close()


# The flow


def test_the_flow_is_shown(page: ServedPage) -> None:
    flow = page.get("flow")
    assert flow["nodes"][0] == {"name": "mic", "use": "microphone", "group": "sources", "live": True}
    assert flow["edges"] == [{"from": "mic", "to": "hits", "port": "scores", "carries": "Scores"}]
    assert flow["thresholds"][1] == {"step": "all", "label": None, "value": 0.3, "written": 0.3}


def test_a_threshold_is_tried_and_taken_back(page: ServedPage, run: Watched) -> None:
    assert page.change("thresholds", {"step": "hits", "label": "Glass", "value": 0.7}).status == 200
    assert run.control.thresholds_set() == {"hits": {"Glass": 0.7}}
    assert page.get("flow")["thresholds"][0] == {"step": "hits", "label": "Glass", "value": 0.7, "written": 0.5}
    exported = page.ask("flow.yaml")
    assert exported.body == b"edited: [(('hits', 'Glass'), 0.7)]\n"
    assert exported.headers["content-disposition"] == 'attachment; filename="alert.yaml"'
    page.change("thresholds", method="DELETE")
    assert page.get("flow")["thresholds"][0]["value"] == 0.5


def test_a_threshold_of_all_labels_is_tried_once_they_are_known(page: ServedPage, run: Watched) -> None:
    wanted = {"step": "all", "label": None, "value": 0.9}
    assert "before it has heard something" in refusal(page.change("thresholds", wanted), 409)
    run.control.thresholds("all").labels = ("a", "b")
    assert page.change("thresholds", wanted).status == 200
    assert run.control.thresholds_set() == {"all": {"a": 0.9, "b": 0.9}}
    assert page.get("flow")["thresholds"][1]["value"] == 0.9


def test_a_threshold_that_the_flow_has_not_is_refused(page: ServedPage) -> None:
    for step, label in (("nothing", "Glass"), ("hits", "Dog"), ("hits", None)):
        refusal(page.change("thresholds", {"step": step, "label": label, "value": 0.5}), 404)


def test_the_flow_is_paused_and_goes_on(page: ServedPage, run: Watched) -> None:
    assert page.change("paused", {"paused": True}).json == {"paused": True}
    assert run.control.paused is not None
    assert run.control.paused.by == "the web page"
    assert page.get("state")["paused"]
    assert page.change("paused", {"paused": False}).json == {"paused": False}


# Connections


def test_a_connection_is_led_elsewhere_and_its_token_never_comes_back(page: ServedPage, run: Watched) -> None:
    changed = page.change("connections/iot", {"url": "ws://new.lan/api", "token": TOKEN})
    assert changed.json["url"] == "ws://new.lan/api"
    assert run.door.token == TOKEN
    for path in ("connections", "state", "flow", "flow.yaml", "openapi.json"):
        assert TOKEN.encode() not in page.ask(path).body
    assert TOKEN.encode() not in changed.body
    page.change("connections/iot", {"url": "ws://other.lan/api"})
    assert run.door.token == TOKEN, "one that is not given is kept"


def test_a_connection_is_made_and_ended(page: ServedPage) -> None:
    assert page.change("connections/iot/connect", method="POST").json["state"] == "connecting"
    assert page.change("connections/iot/disconnect", method="POST").json["state"] == "off"
    assert page.get("connections")[0]["last_error"] == "refused"
    assert "no address" in refusal(page.change("connections/iot", {"url": "nowhere"}), 409)
    refusal(page.change("connections/none/connect", method="POST"), 404)


# Training


def metrics(step: int, part: Any = "training", **values: float) -> Metrics:
    per_class = PerClass(("a", "b"), np.array([3, 0]), np.array([0.5, np.nan]), np.array([0.75, np.nan]))
    stream = "sounds" if part == "training" else "other sounds"
    return Metrics(stream, part, "logistic", step, step // 10, values, per_class if part == "validation" else None)


def test_a_training_is_shown_while_it_goes_on(page: ServedPage) -> None:
    page.put(metrics(10, loss=0.5), metrics(20, loss=0.25), metrics(20, "validation", loss=0.75, mAP=float("nan")))
    (run,) = page.get("training")["runs"]
    assert (run["name"], run["stream"], run["step"], run["epoch"]) == ("logistic", "sounds", 20, 2)
    assert (run["share"], run["text"]) == (0.25, "epoch 1 of 4")
    assert run["curves"] == {"loss": [[10, 0.5, None], [20, 0.25, 0.75]], "mAP": [[20, None, None]]}
    assert run["per_class"][1] == {"label": "b", "positives": 0, "average_precision": None, "auc": None}


def test_an_evaluation_stands_by_itself(page: ServedPage) -> None:
    page.put(metrics(10, loss=0.5), metrics(0, "evaluation", mAP=0.25))
    trained, evaluated = page.get("training")["runs"]
    assert (trained["stream"], list(trained["curves"])) == ("sounds", ["loss"])
    assert (evaluated["stream"], evaluated["curves"]) == ("other sounds", {"mAP": [[0, None, 0.25]]})


def test_what_has_ended_is_done_to_the_last_percent(run: Watched, page: ServedPage) -> None:
    page.put(metrics(10, loss=0.5))
    run.ended = True
    (shown,) = page.get("training")["runs"]
    assert shown["share"] == 1.0


def test_a_cross_validation_tells_how_good_it_is_and_where_it_errs(page: ServedPage) -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.6]], np.float32)
    page.put(
        CrossValidation(
            stream="sounds",
            model="open_set",
            labels=("a", "b"),
            ids=np.array(["1", "2", "3", "4"]),
            truth=np.array([0, 0, 1, 1], np.int32),
            folds=np.array([0, 1, 0, 1], np.int32),
            seconds=np.ones(4, np.float32),
            scores=scores,
            strange=np.full((4, 2), np.nan, np.float32),
            thresholds=np.array([0.5, 0.5]),
            of_fold=np.full((2, 2), 0.5),
            false_alarms_per_hour=1.0,
        )
    )
    (run,) = page.get("training")["runs"]
    assert run["results"][1] == "accuracy 75.0% (the folds: 50.0%, 100.0%)"
    assert run["per_class"][0] == {"label": "a", "positives": 2, "average_precision": 1.0, "auc": 1.0}
    assert run["confusion"]["counts"] == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_a_training_that_waits_for_its_examples_says_so(run: Watched, serve: Serve) -> None:
    run.plan = Plan(
        "train",
        steps={"net": PlannedStep("train", "training"), "page": PlannedStep("web", "sinks")},
        links=(Link("net", "page", "items", "Metrics"),),
    )
    run.progress = {}
    (shown,) = serve(run).get("training")["runs"]
    assert (shown["name"], shown["text"], shown["share"]) == ("net", "waits for its examples", None)


def test_a_long_training_is_thinned_out(page: ServedPage) -> None:
    page.put(*(metrics(step, loss=1 / (step + 1)) for step in range(5000)))
    (run,) = page.get("training")["runs"]
    steps = [point[0] for point in run["curves"]["loss"]]
    assert (steps[0], steps[-1]) == (0, 4999)
    assert 500 <= len(steps) <= 1001


def refusal(answer: Answer, status: int) -> str:
    """Return what an answer of *status* says."""
    assert answer.status == status
    assert re.match(r"\{\"error\":", json.dumps(answer.json, separators=(",", ":")))
    return str(answer.json["error"])


def test_times_are_utc(page: ServedPage) -> None:
    page.put(event(heard_at=datetime(2026, 5, 1, 6, 30, tzinfo=UTC)))
    assert page.get("events/1")["heard_at"] == "2026-05-01T06:30:00.000Z"
