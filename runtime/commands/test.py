"""`flowrun test`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from flowrun.runtime.commands.terminal import GREEN, RED, paint, report, say
from flowrun.runtime.language.locate import locate
from flowrun.runtime.testing.run import run_tests


def run(options: argparse.Namespace) -> int:
    """Run the tests of every flow; exit with 1 if any failed."""
    results = {}
    for name in options.flows:
        path = locate(name)
        results[str(path)] = run_tests(path, options.settings, only=options.only or "", update=options.update)
        for result in results[str(path)] if not options.json else ():
            passed = paint("failed", RED, sys.stdout) if result.failures else paint("passed", GREEN, sys.stdout)
            say(f"{path}: {result.name}: {passed}")
            for failure in result.failures:
                say(f"  {failure}")
    every = [result for found in results.values() for result in found]
    failed = sum(bool(result.failures) for result in every)
    if options.json:
        report({path: [asdict(result) for result in found] for path, found in results.items()})
    else:
        say(f"{len(every) - failed} passed, {failed} failed")
    return 1 if failed else 0
