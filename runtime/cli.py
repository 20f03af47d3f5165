"""The command line."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from flowrun.runtime.language.locate import locate

PROGRAM = """\
flowrun runs what a YAML file says about sound: where it comes from, what is recognised in it, what happens then.

  flowrun flows/classify_file.yaml --set vars.file=dog.ogg     run a flow
  flowrun check flows/*.yaml                                   find every mistake without running anything
  flowrun test flows/*.yaml                                    run the tests that flows carry
  flowrun list                                                 all operators
  flowrun describe resample                                    one operator: ports, options, defaults
  flowrun models list                                          the models, and which are here
  flowrun bench FLOW                                           what each step costs, against real time
  flowrun record FLOW --to FOLDER                              run a flow and keep what it hears and tells
  flowrun replay FOLDER [FLOW]                                 what a changed flow would have told instead
  flowrun outbox FLOW                                          what is not delivered yet, and what was refused
  flowrun devices                                              the microphones
"""
COMMANDS = (
    "run",
    "check",
    "test",
    "list",
    "describe",
    "graph",
    "explain",
    "bench",
    "record",
    "replay",
    "outbox",
    "schema",
    "devices",
    "models",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line *arguments*; return the exit status: 0 done, 1 failed, 2 the flow or the line is wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(_with_command(given))
    try:
        return int(options.call(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `flowrun list | head`
        sys.stdout = None  # nothing is flushed into the broken pipe at exit
        return 0
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """Show *error* in a line; only a mistake of ours has a traceback."""
    import logging

    from flowrun.runtime.commands.terminal import fail, say, show_problem
    from flowrun.schemas.errors import FlowError, FlowrunError, explain
    from flowrun.schemas.redaction import without_passwords

    logging.getLogger("flowrun").debug("where it failed", exc_info=error)

    if isinstance(error, FlowError):
        for problem in error.problems:
            show_problem(problem, _lines(problem.file), sys.stderr)
        return 2
    if isinstance(error, FlowrunError) or (isinstance(error, OSError) and error.filename):
        fail(explain(error))
        return 1
    import traceback

    say(without_passwords(traceback.format_exc()), sys.stderr)
    fail("this is a fault of flowrun; please report it with the lines above")
    return 1


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _with_command(given: list[str]) -> list[str]:
    """Let a flow stand where a command would: `flowrun FLOW.yaml` is `flowrun run FLOW.yaml`."""
    first = next((word for word in given if not word.startswith("-")), None)
    if first is None or first in COMMANDS:
        return given
    is_flow = first.endswith((".yaml", ".yml")) or "/" in first or locate(first).is_file()
    return ["run", *given] if is_flow else given


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="flowrun",
        description=PROGRAM,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="flowrun COMMAND --help tells more.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = _command(commands, "run", "run a flow (`flowrun FLOW.yaml` does the same)", "run")
    _running(run)
    run.add_argument(
        "--web",
        nargs="?",
        type=_port,
        const=-1,
        metavar="PORT",
        help="show it on a web page of this machine: http://127.0.0.1:8080, or at another port",
    )

    check = _command(commands, "check", "find every mistake in flows without running them", "check")
    check.add_argument("flows", nargs="+", metavar="FLOW")
    check.add_argument("--strict", action="store_true", help="let warnings count as errors")
    _settings(check)

    test = _command(commands, "test", "run the tests that flows carry", "test")
    test.add_argument("flows", nargs="+", metavar="FLOW")
    _settings(test)
    test.add_argument("--update", action="store_true", help="write the golden results instead of comparing")
    test.add_argument("-k", dest="only", metavar="TEXT", help="only tests whose name contains TEXT")

    _command(commands, "list", "list the operators", "describe", "run_list")

    describe = _command(commands, "describe", "explain one operator: ports, options, ranges, defaults", "describe")
    describe.add_argument("operator")

    graph = _command(commands, "graph", "draw a flow", "graph")
    graph.add_argument("flow")
    graph.add_argument("--format", choices=("mermaid", "dot"), default="mermaid", help="%(default)s by default")
    _settings(graph)

    explain = _command(
        commands, "explain", "tell for each window of a sound why there was an event, or none", "explain"
    )
    explain.add_argument("flow")
    explain.add_argument("--play", required=True, metavar="FILE", help="the sound to play into the flow")
    explain.add_argument("--step", metavar="STEP", help="where to play it; without it the flow's only source of audio")
    explain.add_argument("--picture", metavar="PNG", help="also draw the sound, the scores, the thresholds, the events")
    _settings(explain)

    bench = _command(commands, "bench", "measure what each step costs on this machine", "bench")
    bench.add_argument("flow")
    bench.add_argument("--seconds", type=float, default=30.0, metavar="S", help="how much sound (%(default)s s)")
    bench.add_argument("--play", metavar="FILE", help="the sound; without it noise and sounds made by flowrun")
    bench.add_argument("--step", metavar="STEP", help="where to play it; without it every source of audio")
    _settings(bench)

    record = _command(commands, "record", "run a flow and keep what it hears and tells, for `replay`", "record")
    _running(record)
    record.add_argument("--to", required=True, metavar="FOLDER", help="where the recording goes: a new folder")
    record.add_argument("--for-s", type=float, default=math.inf, metavar="S", help="stop after S seconds")

    replay = _command(commands, "replay", "play a recording into a flow and tell what events differ", "replay")
    replay.add_argument("recording", metavar="FOLDER")
    replay.add_argument("flow", nargs="?", metavar="FLOW", help="the flow; without it the one that was recorded")
    _settings(replay)

    outbox = _command(commands, "outbox", "show what a flow has not delivered yet, and what was refused", "outbox")
    import_module("flowrun.runtime.commands.outbox_arguments").add_arguments(outbox)

    schema = _command(commands, "schema", "print the JSON Schema of flows, or of one operator's options", "schema")
    what = schema.add_mutually_exclusive_group()
    what.add_argument("operator", nargs="?")
    what.add_argument("--event", action="store_true", help="that of an event, as files and messages hold it")

    devices = _command(commands, "devices", "list the input devices, or show how loud one of them is", "devices")
    devices.add_argument(
        "--meter",
        nargs="?",
        const="default",
        metavar="DEVICE",
        help="show the level of a device, live, until Ctrl-C: the default one, or that name, pattern or number",
    )
    devices.add_argument("--seconds", type=float, metavar="S", help="end the meter after so long")

    models = commands.add_parser(
        "models", help="list, fetch and verify models", description="List, fetch and verify models."
    )
    import_module("flowrun.runtime.commands.models").add_arguments(models)
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    purpose: str,
    module: str,
    function: str = "run",
) -> argparse.ArgumentParser:
    def call(options: argparse.Namespace) -> int:
        from flowrun.runtime import logs

        logs.set_up(options.log_level, options.log_format)
        return int(getattr(import_module(f"flowrun.runtime.commands.{module}"), function)(options))

    command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
    command.set_defaults(call=call)
    command.add_argument("--json", action="store_true", help="report as JSON, for other programs")
    command.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info", help="%(default)s by default"
    )
    command.add_argument("--log-format", choices=("text", "json"), default="text", help="%(default)s by default")
    return command


def _running(command: argparse.ArgumentParser) -> None:
    command.add_argument("flow", help="the flow: a file, or the name of one that ships with flowrun")
    _settings(command)
    command.add_argument(
        "--grace-s",
        type=float,
        default=10.0,
        metavar="S",
        help="how long the sinks may take after Ctrl-C (%(default)s s)",
    )
    command.add_argument("--quiet", "-q", action="store_true", help="no progress bar and no summary")


def _settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="set a value of the flow: vars.file=dog.ogg, steps.top.k=3 (may be repeated)",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write the flow first, then `--web` or `--web 8080`")
    return int(text)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"flowrun {version('flowrun')}\n")


if __name__ == "__main__":
    sys.exit(main())
