"""`flowrun schema`."""

from __future__ import annotations

import argparse

from flowrun.runtime import discovery
from flowrun.runtime.commands.terminal import fail, report
from flowrun.schemas.event import event_schema
from flowrun.schemas.flow import editor_schema
from flowrun.schemas.stream_info import nearest


def run(options: argparse.Namespace) -> int:
    """Print the schema of a flow, of the options of one operator, or of an event."""
    if options.event:
        report(event_schema())
        return 0
    if not options.operator:
        report(editor_schema(discovery.specs()))
        return 0
    spec = discovery.find(options.operator)
    if spec is None:
        fail(f"no operator {options.operator!r}; {nearest(options.operator, discovery.names())}")
        return 2
    report(spec.parameters)
    return 0
