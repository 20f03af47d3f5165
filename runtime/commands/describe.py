"""`flowrun describe` and `flowrun list`."""

from __future__ import annotations

import argparse
import sys

from flowrun.runtime import discovery, reference
from flowrun.runtime.commands.terminal import BOLD, fail, paint, report, say
from flowrun.schemas.stream_info import nearest


def run(options: argparse.Namespace) -> int:
    """Explain one operator."""
    spec = discovery.find(options.operator)
    if spec is None:
        fail(f"no operator {options.operator!r}; {nearest(options.operator, discovery.names())}")
        return 2
    if options.json:
        report(reference.as_data(spec))
    else:
        say(reference.as_text(spec))
    return 0


def run_list(options: argparse.Namespace) -> int:
    """List all operators, by group."""
    specs = discovery.specs()
    if options.json:
        report([reference.as_data(spec) for spec in specs])
        return 0
    width = max(len(spec.name) for spec in specs)
    for group in [*reference.GROUPS, *sorted({s.group for s in specs} - set(reference.GROUPS))]:
        say(paint(reference.GROUPS.get(group, f"From {group}"), BOLD, sys.stdout))
        for spec in (s for s in specs if s.group == group):
            say(f"  {spec.name:<{width}}  {spec.summary}")
    return 0
