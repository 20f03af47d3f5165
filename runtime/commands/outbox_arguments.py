"""What `flowrun outbox` takes, and what it tells of itself; nothing else is imported for that."""

from __future__ import annotations

import argparse

HELP = """\
Show what a flow has not delivered yet, and decide what becomes of what its receivers refused.

  flowrun outbox alert.yaml                  how much waits, for each step that sends
  flowrun outbox alert.yaml dead             the dead letters: events that a receiver refused, and why
  flowrun outbox alert.yaml retry 17 23      send these again (--all: all of them), at once if the flow runs, else when
                                             it runs next
  flowrun outbox alert.yaml discard 17       remove one for good
  flowrun outbox alert.yaml discard --waiting --step hook --all
                                             give up what waits for a receiver that is no more

The flow may run meanwhile. The outbox is looked for where the flow would look: in $FLOWRUN_STATE, else, in a service,
$STATE_DIRECTORY, else in ~/.local/state/flowrun; for a service, give its folder:

  FLOWRUN_STATE=/var/lib/flowrun/alert flowrun outbox alert.yaml
"""
ACTIONS = ("list", "dead", "retry", "discard")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare what *command* takes."""
    command.description = HELP
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("flow", metavar="FLOW", help="the flow; only its name matters")
    command.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="list if none is given")
    command.add_argument("letters", nargs="*", metavar="NUMBER", help="as `dead` shows it, or the event's id")
    command.add_argument("--all", action="store_true", help="all letters")
    command.add_argument("--step", metavar="STEP", help="only those of this step")
    command.add_argument("--waiting", action="store_true", help="discard what waits, not what is dead")
