"""Libraries of the extras, imported only by the sinks that need them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flowrun.schemas.errors import DeliveryError


def on_demand(module: str, step: str, extra: str = "train") -> Any:
    """Return a module that comes with an *extra* of flowrun.

    Raises:
        DeliveryError: it is not installed.

    >>> on_demand("no_such_library.figure", "training_report")
    Traceback (most recent call last):
    flowrun.schemas.errors.DeliveryError: training_report needs no_such_library: pip install 'flowrun[train]'
    """
    try:
        return import_module(module)
    except ImportError:
        raise DeliveryError(f"{step} needs {module.partition('.')[0]}: pip install 'flowrun[{extra}]'") from None
