"""`flowrun schema`."""

from __future__ import annotations

import argparse

from flowrun.runtime import discovery
from flowrun.runtime.commands.terminal import fail, report
from flowrun.schemas.flow import editor_schema
from flowrun.schemas.stream_info import nearest


def run(options: argparse.Namespace) -> int:
    """Print the schema of a flow, or of the options of one operator."""
    if not options.operator:
        report(editor_schema(discovery.specs()))
        return 0
    spec = discovery.find(options.operator)
    if spec is None:
        fail(f"no operator {options.operator!r}; {nearest(options.operator, discovery.names())}")
        return 2
    report(spec.parameters)
    return 0
