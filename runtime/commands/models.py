"""`flowrun models list`, `pull` and `verify`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from flowrun.runtime.commands.terminal import GREEN, RED, paint, report, say


def add_arguments(models: argparse.ArgumentParser) -> None:
    """Declare the commands below `flowrun models`; nothing is imported for it."""
    commands = models.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = commands.add_parser(
        "list", help="list the models, and which are here", description="List the models, and which are here."
    )
    show.set_defaults(call=run_list)
    pull = commands.add_parser(
        "pull", help="fetch a model", description="Fetch a model, check it, and convert it where needed."
    )
    pull.set_defaults(call=run_pull)
    pull.add_argument(
        "--from",
        dest="source",
        metavar="FOLDER_OR_URL",
        help="take the files from there instead of the official address",
    )
    verify = commands.add_parser(
        "verify", help="check a model", description="Check the files of a model, and what it computes."
    )
    verify.set_defaults(call=run_verify)
    for command in (pull, verify):
        command.add_argument("name", metavar="NAME")
    for command in (show, pull, verify):
        command.add_argument("--json", action="store_true", help="report as JSON, for other programs")


def run_list(options: argparse.Namespace) -> int:
    """List the models."""
    from flowrun.models.catalogue import catalogue
    from flowrun.models.disk import megabytes

    entries = catalogue()
    if options.json:
        report([asdict(entry) for entry in entries])
        return 0
    rows = [
        (
            entry.name,
            "here" if entry.here else "to be pulled",
            megabytes(entry.bytes) if entry.bytes else "-",
            entry.licence,
            entry.task,
            str(entry.folder or ""),
        )
        for entry in entries
    ]
    rows.insert(0, ("NAME", "STATE", "SIZE", "LICENCE", "TASK", "WHERE"))
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
            say(
                f"{paint('ok    ', GREEN, sys.stdout) if check.ok else paint('FAILED', RED, sys.stdout)}  {check.what}: {check.detail}"
            )
    return 0 if verified.ok else 1
