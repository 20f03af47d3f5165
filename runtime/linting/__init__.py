"""What a flow that can run may still do wrong, as only somebody who knows sound can tell: one lint per file.

A lint is a module with a function `problems(flow)`; nothing else has to know of it.
"""

from __future__ import annotations

import logging
import pkgutil
from importlib import import_module

from flowrun.runtime.language.flow import Flow
from flowrun.schemas.errors import FlowError, Problem

log = logging.getLogger("flowrun.lint")


def lint(flow: Flow) -> list[Problem]:
    """Return what all lints say of *flow*, in file order."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"]
    lints = [import_module(f"{__name__}.{name}") for name in names]
    return sorted(problem for found in lints for problem in found.problems(flow))


def warn(flow: Flow) -> None:
    """Log the warnings of the lints, before *flow* runs.

    Raises:
        FlowError: there are errors among what they say: it cannot do what it is for.
    """
    found = lint(flow)
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise FlowError(errors)
    for problem in found:
        log.warning("%s", problem)
