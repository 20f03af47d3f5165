"""`flowrun models list`, `pull` and `verify`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from flowrun.runtime.commands.terminal import GREEN, RED, paint, report, say


def add_arguments(models: argparse.ArgumentParser) -> None:
    """Declare the commands below `flowrun models`; nothing is imported for it."""
    commands = models.add_subparsers(title="commands", metavar="COMMAND", required=True)
    purposes = {
        "list": (run_list, "list the models, and which are here"),
        "pull": (run_pull, "fetch a model, check it, and convert it where needed"),
        "verify": (run_verify, "check the files of a model, and what it computes"),
    }
    for name, (call, purpose) in purposes.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        command.set_defaults(call=call)
        command.add_argument("--json", action="store_true", help="report as JSON, for other programs")
        if name != "list":
            command.add_argument("name", metavar="NAME")
        if name == "pull":
            where = "take the files from there, not from the official addresses"
            command.add_argument("--from", dest="source", metavar="FOLDER_OR_URL", help=where)


def run_list(options: argparse.Namespace) -> int:
    """List the models."""
    from flowrun.models.catalogue import catalogue
    from flowrun.models.disk import megabytes

    entries = catalogue()
    if options.json:
        report([asdict(entry) for entry in entries])
        return 0
    rows = [("NAME", "STATE", "SIZE", "LICENCE", "TASK", "WHERE")]
    for entry in entries:
        state, size = "here" if entry.here else "to be pulled", megabytes(entry.bytes) if entry.bytes else "-"
        rows.append((entry.name, state, size, entry.licence, entry.task, str(entry.folder or "")))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def run_pull(options: argparse.Namespace) -> int:
    """Fetch a model."""
    from flowrun.models.pull import pull
    from flowrun.runtime.commands.pull_progress import PullProgress

    with PullProgress(sys.stderr) as progress:
        pulled = pull(options.name, source=options.source, progress=progress)
    if options.json:
        report(asdict(pulled))
    elif pulled.fetched or pulled.converted:
        say(f"{pulled.name}: {', '.join((*pulled.fetched, *pulled.converted))} in {pulled.folder}")
    else:
        say(f"{pulled.name}: already here")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Check a model; 1 if a check fails."""
    from flowrun.models.verify import verify

    verified = verify(options.name)
    if options.json:
        report({**asdict(verified), "ok": verified.ok})
    else:
        for check in verified.checks:
            result = paint("ok    ", GREEN, sys.stdout) if check.ok else paint("FAILED", RED, sys.stdout)
            say(f"{result}  {check.what}: {check.detail}")
    return 0 if verified.ok else 1
