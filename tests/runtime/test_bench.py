"""`flowrun bench` tells what each step costs, by a clock that the steps of these tests move."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reactivex import Observable
from reactivex import operators as ops

from flowrun import flows
from flowrun.runtime import cli
from flowrun.runtime.commands.bench import as_data, table, too_slow
from flowrun.runtime.language.flow import Flow
from flowrun.runtime.testing.bench import Bench, measure
from flowrun.runtime.testing.bench_sound import made
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.kernel import Sink, per_stream, write_to
from flowrun.schemas.ports import Audio, Levels
from flowrun.schemas.spec import operator

Capsys = pytest.CaptureFixture[str]
FlowOf = Callable[..., Flow]
SCENE = Path(flows.__file__).parent / "samples" / "scene.flac"


class Clock:
    """Stands still but for what the operators of a test take."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


CLOCK = Clock()


@operator
def work(audio: Observable[Audio], *, cost: float, first_s: float = 0.0, hop_s: float = 0.5) -> Observable[Audio]:
    """Take time.

    Args:
        cost: Seconds for a second of audio.
        first_s: Seconds more for the first block.
        hop_s: Seconds between two windows.
    """

    def fresh() -> Callable[[Audio], list[Audio]]:
        extra = [first_s]

        def kernel(block: Audio) -> list[Audio]:
            CLOCK.now_s += cost * len(block.samples) / block.rate_hz + (extra.pop() if extra else 0.0)
            return [block]

        return kernel

    return per_stream(audio, fresh)


@operator
def send(audio: Observable[Audio]) -> Sink:
    """Send what it gets to where it can never be taken back."""
    return write_to(audio, lambda: pytest.fail("a sink was built"))


def costs(bench: Bench) -> dict[str, float]:
    return {name: round(cost, 6) for name, cost in bench.steps.items()}


def test_a_step_is_charged_for_its_own_work_alone(flow_of: FlowOf) -> None:
    """Its readers run inside its own call, and a step that two read runs once."""
    text = """
    steps:
      mic: {use: pipe, block_s: 0.25}
      a:   {use: work, cost: 0.25}
      b:   {use: work, cost: 0.5}
      c:   {use: work, cost: 0.125, from: a}
      out: {use: send, from: [b, c]}
    """
    bench = measure(flow_of(text, work, send), SCENE, None, 4.0, CLOCK)
    assert costs(bench) == {"a": 0.25, "b": 0.5, "c": 0.125}
    assert (bench.engine, bench.total, bench.block_s, bench.seconds) == (0.0, 0.875, 0.25, 4.0)


def test_loading_a_model_does_not_count(flow_of: FlowOf) -> None:
    text = "steps: {mic: {use: pipe, block_s: 0.25}, a: {use: work, cost: 0.5, first_s: 100}}"
    assert costs(measure(flow_of(text, work), SCENE, None, 3.0, CLOCK)) == {"a": 0.5}


def test_two_sources_cost_what_both_cost(flow_of: FlowOf) -> None:
    text = "steps: {l: {use: pipe}, r: {use: microphone}, both: {use: work, cost: 0.25, from: [l, r]}}"
    assert costs(measure(flow_of(text, work), SCENE, None, 3.0, CLOCK)) == {"both": 0.5}
    assert costs(measure(flow_of(text, work), SCENE, "l", 3.0, CLOCK)) == {"both": 0.25}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("a: {use: work, cost: 0.5}", []),
        (
            "a: {use: work, cost: 2}",
            ["step 'a' (work) takes 2 s for a second of sound on this machine: choose hop_s over 1 (now 0.5)"],
        ),
        (
            "a: {use: work, cost: 0.5}, b: {use: work, cost: 0.7}",
            ["the steps together take 1.2 s for a second of sound on this machine: "],
        ),
    ],
)
def test_what_cannot_keep_up_is_told_with_a_remedy(flow_of: FlowOf, steps: str, expected: list[str]) -> None:
    flow = flow_of(f"steps: {{mic: {{use: pipe}}, {steps}}}", work)
    found = list(too_slow(flow, measure(flow, SCENE, None, 3.0, CLOCK)))
    assert len(found) == len(expected)
    assert all(said.startswith(start) for said, start in zip(found, expected, strict=True))


def test_the_table_and_the_data_say_the_same(flow_of: FlowOf) -> None:
    flow = flow_of(
        "steps: {mic: {use: pipe, block_s: 0.5}, a: {use: work, cost: 0.02}, b: {use: work, cost: 0.06}}", work
    )
    bench = measure(flow, SCENE, None, 3.0, CLOCK)
    title, _, a, b, *_, last = list(table(flow, bench))[:6]
    assert title == "flow: 3 s of sound in blocks of 0.5 s, on one thread"
    assert a.split() == ["a", "work", "10.000", "20.00", "25.0", "%", "0.0200"]
    assert b.split() == ["b", "work", "30.000", "60.00", "75.0", "%", "0.0600"]
    assert last.split() == ["all", "40.000", "80.00", "100.0", "%", "0.0800"]
    data: dict[str, Any] = as_data(flow, bench)
    assert data["steps"]["a"] == {
        "use": "work",
        "ms_per_block": 10.0,
        "ms_per_s": 20.0,
        "share": 0.25,
        "real_time_factor": 0.02,
    }


def test_the_sound_has_the_rate_of_the_source_and_is_played_over_and_over(flow_of: FlowOf) -> None:
    heard: list[Audio] = []

    @operator
    def listen(audio: Observable[Audio]) -> Observable[Audio]:
        """Keep what comes."""
        return audio.pipe(ops.do_action(heard.append))

    flow = flow_of("steps: {mic: {use: pipe, rate_hz: 8000, block_s: 5}, l: {use: listen}}", listen)
    measure(flow, SCENE, None, 15.0)  # of 11.5 s
    assert {block.rate_hz for block in heard} == {8000}
    assert [block.start_sample for block in heard] == [40000 * i for i in range(4)]
    assert [block.last for block in heard] == [False] * 3 + [True]
    assert heard[2].samples[12000:].tolist() == heard[0].samples[: 40000 - 12000].tolist()


def test_what_passes_events_on_does_only_that(flow_of: FlowOf, tmp_path: Path) -> None:
    text = f"""
    steps:
      mic: {{use: pipe}}
      scores: {{use: recognise, model: listener}}
      hits: {{use: threshold, labels: 0.01}}
      events: {{use: debounce}}
      clips: {{use: clip_archiver, from: {{audio: mic, events: events}}, folder: {tmp_path}/clips}}
      day: {{use: quiet_hours, hours: ["01:00-02:00"]}}
      table: {{use: jsonl, path: {tmp_path}/events.jsonl}}
    """
    bench = measure(flow_of(text), SCENE, None, 5.0)
    assert set(bench.steps) == {"scores", "hits", "events", "day"}
    assert bench.steps["scores"] > bench.steps["hits"] > 0
    assert not list(tmp_path.glob("*/")), "something was written"


def test_our_own_sound_is_none_of_silence_and_always_the_same() -> None:
    samples = made(8000)
    assert samples.dtype == "float32"
    assert 5 < len(samples) / 8000 < 60
    assert (samples == made(8000)).all()
    assert 0.1 < abs(samples).max() <= 1


@pytest.mark.parametrize(
    ("steps", "source", "said"),
    [
        ("mic: {use: pipe}, level: {use: level}", "level", "'level' is no source of audio; its sources of audio: mic"),
        ("set: {use: tfrecord_examples, files: x}", None, "no source of audio, so nothing to play into"),
    ],
)
def test_where_nothing_can_be_played_is_one_line(flow_of: FlowOf, steps: str, source: str | None, said: str) -> None:
    with pytest.raises(FlowrunError, match=said):
        measure(flow_of(f"steps: {{{steps}}}"), None, source, 3.0)


def test_the_command_exits_with_1_where_the_machine_is_too_slow(
    flow_of: FlowOf, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    flow = flow_of("steps: {mic: {use: pipe}, level: {use: level}}")
    assert cli.main(["bench", str(flow.path), "--seconds", "2"]) == 0
    assert "\nlevel      level " in capsys.readouterr().out
    slow = Bench({"level": 1.5}, 0.0, 0.24, 2.0, None)
    monkeypatch.setattr("flowrun.runtime.commands.bench.measure", lambda *_: slow)
    assert cli.main(["bench", str(flow.path)]) == 1
    assert "too slow: step 'level' (level) takes 1.5 s for a second of sound" in capsys.readouterr().out
    assert cli.main(["bench", str(flow.path), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["too_slow"]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--play", "no.wav"], "no.wav: no such file"),
        (["--play", "flow.yaml"], "flow.yaml: Format not recognised"),
        (["--seconds", "0"], "--seconds must be > 0"),
        (["--step", "mik"], "'mik' is no source of audio"),
    ],
)
def test_a_mistake_is_one_line(
    flow_of: FlowOf, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, words: list[str], said: str
) -> None:
    flow = flow_of("steps: {mic: {use: pipe}, level: {use: level}}")
    monkeypatch.chdir(flow.path.parent)
    assert cli.main(["bench", "flow.yaml", *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert said in line


def test_levels_flow_through_a_bench(flow_of: FlowOf) -> None:
    """An operator that the engine gives a run gets one here too."""
    given: list[Levels] = []

    @operator
    def keep(levels: Observable[Levels]) -> Observable[Levels]:
        """Keep levels."""
        return levels.pipe(ops.do_action(given.append))

    measure(flow_of("steps: {mic: {use: pipe}, level: {use: level}, k: {use: keep}}", keep), None, None, 2.0)
    assert given[0].values.min() > -60  # there is noise everywhere
