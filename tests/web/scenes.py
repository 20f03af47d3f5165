"""What a flow may be like when somebody looks at its page: each scene is what the API tells of one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Data = dict[str, Any]
NOW = datetime.now(UTC)
YAML = """\
# What is heard at the door.
name: door
vars:
  device: ${FLOWRUN_DEVICE:-default}
steps:
  mic:     {use: microphone, device: $device}
  scores:  {use: recognise, hop_s: 0.24}      # four times a second
  hits:    {use: threshold, labels: {Glass: 0.2, Speech: 0.6}}
  alerts:  {use: debounce, min_hits: 2, hold_s: 2}
  screen:  {use: console}
  clips:   {use: clip_archiver, from: {audio: mic, events: alerts}, folder: clips}
  iot:     {use: devicehive, from: clips, url: "ws://hub.local/api/websocket", device_id: door-1}
"""
STEPS = {
    "mic": ("microphone", "sources"),
    "scores": ("recognise", "inference"),
    "hits": ("threshold", "detection"),
    "alerts": ("debounce", "detection"),
    "screen": ("console", "sinks"),
    "clips": ("clip_archiver", "sinks"),
    "iot": ("devicehive", "sinks"),
}
EDGES = (
    *(
        ("mic", "scores", "audio"),
        ("scores", "hits", "scores"),
        ("hits", "alerts", "hits"),
        ("alerts", "screen", "items"),
    ),
    *(("mic", "clips", "audio"), ("alerts", "clips", "events"), ("clips", "iot", "events")),
)


def utc(time: datetime) -> str:
    """Return a time as the API writes it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stream(name: str = "mic", state: str = "listening", message: str = "") -> Data:
    """Return a stream in a state."""
    return {
        "name": name,
        "step": "mic",
        "state": state,
        "since": utc(NOW - timedelta(minutes=3)),
        "message": message or f"listening to '{name}': 16000 Hz, 1 channel",
        "rate_hz": 16000,
        "audio": state == "listening",
    }


def step(state: str | None = None, message: str = "", **counts: Any) -> Data:
    """Return how it goes with a step."""
    since = utc(NOW) if state else None
    numbers = {
        "items_in": 900,
        "items_out": 900,
        "dropped": 0,
        "errors": 0,
        "queue": 0,
        "queue_size": None,
        "busy_s": 0.0,
    }
    return {"state": state, "since": since, "message": message, **numbers, **counts}


def event(number: int, label: str = "Glass", score: float = 0.83, **more: Any) -> Data:
    """Return an event of some minutes ago."""
    heard = utc(NOW - timedelta(minutes=7 * (40 - number)))
    known: Data = {"id": str(number), "stream": "mic", "label": label, "score": score, "start_s": 12.0, "end_s": 13.4}
    known |= {"heard_at": heard, "told_at": heard, "reason": f"{label} at {score:.2f} or more in 2 windows of 2"}
    return known | {"clip": True, "spectrogram": True, "verdict": None} | more


def training() -> Data:
    """Return a training of four classes that is two thirds done."""
    labels = ["alarm", "glass", "knocking", "unknown"]
    loss = [
        [10 * i, round(1.4 * math.exp(-i / 8) + 0.1, 4), round(1.3 * math.exp(-i / 9) + 0.25, 4)] for i in range(1, 31)
    ]
    precision = [[10 * i, None, round(0.95 - 0.6 * math.exp(-i / 7), 4)] for i in range(1, 31)]
    quality = (0.97, 0.94, 0.81, None)
    return {
        "name": "logistic",
        "stream": "my_sounds",
        "step": 300,
        "epoch": 20,
        "share": 0.66,
        "text": "loss 0.133, 1,240 examples/s",
        "curves": {"loss": loss, "mAP": precision},
        "per_class": [
            {"label": label, "positives": 40 - 7 * i, "average_precision": value, "auc": value}
            for i, (label, value) in enumerate(zip(labels, quality, strict=True))
        ],
        "confusion": {
            "labels": [*labels, "none of them"],
            "counts": [[38, 0, 1, 0, 1], [0, 31, 1, 0, 1], [2, 3, 19, 0, 2], [0, 0, 1, 12, 6], [0, 0, 0, 0, 0]],
        },
        "results": ["my_sounds: 118 examples of 4 classes, 5 folds", "accuracy 91.5%"],
    }


def connections() -> list[Data]:
    """Return one server that is there, and one that is not."""
    return [
        {
            "kind": "devicehive",
            "step": "iot",
            "state": "connected",
            "message": "events go to hub.local",
            "url": "ws://hub.local/api/websocket",
            "device_id": "door-1",
            "connected_since": utc(NOW - timedelta(hours=2)),
            "last_error": None,
            "backlog": 0,
        },
        {
            "kind": "mqtt",
            "step": "home",
            "state": "lost",
            "message": "tried again in 8 s",
            "url": "mqtt://broker.local",
            "device_id": None,
            "connected_since": None,
            "last_error": "broker.local:1883: connection refused",
            "backlog": 17,
        },
    ]


@dataclass
class Scene:
    """All that the API tells; tests change it while a browser looks. sounding: whether sound comes."""

    streams: list[Data] = field(default_factory=lambda: [stream()])
    steps: dict[str, Data] = field(default_factory=lambda: {name: step() for name in STEPS})
    events: list[Data] = field(default_factory=list)  # newest first
    connections: list[Data] = field(default_factory=connections)
    runs: list[Data] = field(default_factory=lambda: [training()])
    ready: bool = True
    stopping: bool = False
    ended: bool = False
    paused: bool = False
    password: str | None = None
    sounding: bool = True
    broken: bool = False  # it answers every question with an error
    thresholds: dict[tuple[str, str], float] = field(default_factory=dict)

    def state(self) -> Data:
        """Return what `GET state` tells."""
        known: Data = {
            "flow": "door",
            "version": "0.1.0",
            "started_at": utc(NOW),
            "ready": self.ready,
            "stopping": self.stopping,
            "ended": self.ended,
        }
        known |= {"paused": self.paused, "login": self.password is not None}
        return known | {"streams": self.streams, "steps": self.steps}

    def flow(self) -> Data:
        """Return what `GET flow` tells."""
        written = {("hits", "Glass"): 0.2, ("hits", "Speech"): 0.6}
        nodes = [
            {"name": name, "use": use, "group": group, "live": name == "mic"} for name, (use, group) in STEPS.items()
        ]
        edges = [{"from": a, "to": b, "port": port, "carries": port.capitalize()} for a, b, port in EDGES]
        thresholds = [
            {"step": of, "label": label, "value": self.thresholds.get((of, label), value), "written": value}
            for (of, label), value in written.items()
        ]
        return {"name": "door", "yaml": YAML, "nodes": nodes, "edges": edges, "thresholds": thresholds}

    def rates(self) -> Data:
        """Return what the message `steps` tells."""
        told = ("queue", "queue_size", "dropped", "errors", "busy_s")
        rates = {"mic": 12.5, "scores": 4.2, "hits": 4.2}
        return {
            name: {"items_per_s": rates.get(name, 0.0), **{key: one[key] for key in told}}
            for name, one in self.steps.items()
        }


def busy() -> Scene:
    """Return a flow that has heard much and has some troubles."""
    kinds = (("Glass", 0.83), ("Speech", 0.97), ("Glass", 0.31), ("Fire engine, fire truck (siren)", 0.64))
    events = [
        event(n, *kinds[n % 4], verdict={3: "right", 6: "wrong"}.get(n % 8), clip=n % 9 != 4) for n in range(38, 0, -1)
    ]
    scene = Scene(events=[one | {"spectrogram": one["clip"]} for one in events])
    scene.steps["mic"] = step("listening", "listening to 'mic': 16000 Hz, 1 channel", items_in=0)
    scene.steps["clips"] = step(queue=440, queue_size=512, dropped=12)
    scene.steps["iot"] = step("failing", "hub.local: connection refused", errors=3, queue=20, queue_size=64)
    scene.steps["screen"] = step(queue=1, queue_size=512)
    return scene
