"""`flowrun outbox`."""

from __future__ import annotations

import argparse
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from flowrun.models.outbox.letter import DeadLetter, Letter
from flowrun.models.outbox.place import outbox_file, state_folder
from flowrun.models.outbox.store import Store
from flowrun.operators._printable import printable
from flowrun.runtime.commands.terminal import report, say
from flowrun.runtime.language.locate import locate
from flowrun.runtime.language.yaml_reader import read
from flowrun.schemas.errors import FlowrunError
from flowrun.schemas.event import utc


def run(options: argparse.Namespace) -> int:
    """Look at an outbox, or change it."""
    if options.action in ("retry", "discard") and not (options.letters or options.all):
        raise FlowrunError(f"which ones? Give numbers, as `flowrun outbox {options.flow} dead` shows them, or --all")
    if options.waiting and options.action != "discard":
        raise FlowrunError("--waiting goes with discard")
    flow = locate(options.flow)
    data = read(flow).data
    name = str(data.get("name", flow.stem)) if isinstance(data, dict) else flow.stem
    file = outbox_file(state_folder(), name)
    if not file.exists():
        raise FlowrunError(f"{file}: no such file: the flow has sent nothing, or has another folder (FLOWRUN_STATE)")
    act = {"list": _list, "dead": _dead, "retry": _retry, "discard": _discard}[options.action]
    try:
        with closing(Store(file, reading=act in (_list, _dead))) as store:
            return act(options, file, store)
    except sqlite3.Error as error:
        raise FlowrunError(f"{file}: {error}") from error


def _list(options: argparse.Namespace, file: Path, store: Store) -> int:
    waiting, dead = store.totals(), store.totals("dead")
    steps = {}
    for step in sorted({*waiting, *dead}) if options.step is None else [options.step]:
        (count, size), (refused, _) = waiting.get(step, (0, 0)), dead.get(step, (0, 0))
        oldest = [utc(letter.at) for letter in store.after(step, 0, 1)]
        steps[step] = {"waiting": count, "bytes": size, "oldest": next(iter(oldest), None), "dead": refused}
    if options.json:
        report({"file": str(file), "steps": steps})
        return 0
    if not steps:
        say(f"{file}: nothing waits, nothing is dead")
        return 0
    rows = [
        (step, str(found["waiting"]), str(found["bytes"]), str(found["oldest"] or "-"), str(found["dead"]))
        for step, found in steps.items()
    ]
    _table([("STEP", "WAITING", "BYTES", "OLDEST", "DEAD"), *rows])
    return 0


def _dead(options: argparse.Namespace, file: Path, store: Store) -> int:
    letters = _chosen(options, store.dead()) if options.letters else _of_step(options, store.dead())
    if options.json:
        report([_as_data(letter) for letter in letters])
    elif not letters:
        say(f"{file}: no dead letters")
    else:
        rows = [
            (str(one.letter.number), one.step, utc(one.died_at), _label(one.letter), one.letter.id, _why(one))
            for one in letters
        ]
        _table([("NUMBER", "STEP", "REFUSED AT", "LABEL", "EVENT", "WHY"), *rows])
    return 0


def _retry(options: argparse.Namespace, file: Path, store: Store) -> int:
    numbers = [one.letter.number for one in _chosen(options, store.dead())]
    store.mark(numbers)
    return _done(options, file, len(numbers), "to be sent again")


def _discard(options: argparse.Namespace, file: Path, store: Store) -> int:
    if options.waiting:
        found = [DeadLetter(letter, step, letter.at, "") for step, letter in store.waiting()]
        numbers = [one.letter.number for one in _chosen(options, found)]
        store.discard(numbers, "letter")
    else:
        numbers = [one.letter.number for one in _chosen(options, store.dead())]
        store.discard(numbers)
    return _done(options, file, len(numbers), "discarded")


def _done(options: argparse.Namespace, file: Path, count: int, what: str) -> int:
    if options.json:
        report({"file": str(file), "letters": count})
    else:
        say(f"{count} letter{'s' * (count != 1)} {what}")
    return 0


def _of_step(options: argparse.Namespace, letters: list[DeadLetter]) -> list[DeadLetter]:
    return [one for one in letters if options.step in (None, one.step)]


def _chosen(options: argparse.Namespace, letters: list[DeadLetter]) -> list[DeadLetter]:
    """Return the letters that are named.

    Raises:
        FlowrunError: one of them is not there.
    """
    letters = _of_step(options, letters)
    known = {str(one.letter.number) for one in letters} | {one.letter.id for one in letters}
    for name in options.letters:
        if name not in known:
            raise FlowrunError(f"no letter {name!r} is there; `flowrun outbox {options.flow} dead` shows all")
    named = set(options.letters)
    return [one for one in letters if options.all or named & {str(one.letter.number), one.letter.id}]


def _as_data(one: DeadLetter) -> dict[str, Any]:
    return {
        "number": one.letter.number,
        "step": one.step,
        "put_at": utc(one.letter.at),
        "refused_at": utc(one.died_at),
        "tries": one.letter.tries,
        "reason": one.reason,
        "retry": one.retry,
        "event": json.loads(one.letter.body),
    }


def _label(letter: Letter) -> str:
    return str(json.loads(letter.body).get("label", ""))


def _why(one: DeadLetter) -> str:
    return f"{one.reason} (to be sent again)" if one.retry else one.reason


def _table(rows: list[tuple[str, ...]]) -> None:
    shown = [tuple(printable(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
