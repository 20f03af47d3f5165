"""`flowrun graph`."""

from __future__ import annotations

import argparse

from flowrun.runtime.commands.terminal import report, say
from flowrun.runtime.graph import as_data, as_dot, as_mermaid
from flowrun.runtime.language.load import load
from flowrun.runtime.language.locate import locate


def run(options: argparse.Namespace) -> int:
    """Draw a flow; the files it reads need not be there."""
    flow = load(locate(options.flow), options.settings, paths=False)
    if options.json:
        report(as_data(flow))
    else:
        say(as_mermaid(flow) if options.format == "mermaid" else as_dot(flow))
    return 0
