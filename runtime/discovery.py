"""Finding operators: by file name in `operators/`, by entry point in other packages.

An operator's file has the operator's name, so a flow imports only what it uses.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec

from flowrun import operators
from flowrun.schemas.spec import Spec

GROUP = "flowrun.operators"  # the entry points of plug-ins: `name = "package.module:function"`


@cache
def own_modules() -> dict[str, str]:
    """Return the module of each operator of ours, by name."""
    found: dict[str, str] = {}
    for folder in pkgutil.iter_modules(operators.__path__):
        if folder.ispkg and folder.name[0] != "_":
            package = f"{operators.__name__}.{folder.name}"
            spec = find_spec(package)
            assert spec is not None  # pkgutil has just seen it
            places = spec.submodule_search_locations
            found |= {
                file.name: f"{package}.{file.name}" for file in pkgutil.iter_modules(places) if file.name[0] != "_"
            }
    return found


@cache
def plugins() -> dict[str, str]:
    """Return `package.module:function` of each operator of a plug-in, by name."""
    from importlib.metadata import entry_points  # slow to import, and most flows need no plug-in

    return {point.name: point.value for point in entry_points(group=GROUP)}


def names() -> list[str]:
    """Return the names of all operators, sorted."""
    return sorted({*own_modules(), *plugins()})


@cache
def find(name: str) -> Spec | None:
    """Return the operator called *name*, or None; ours come first.

    Raises:
        TypeError: its module does not declare it.
    """
    own = own_modules().get(name)
    place = f"{own}:{name}" if own else plugins().get(name)
    if place is None:
        return None
    module, _, attribute = place.partition(":")
    function = getattr(importlib.import_module(module), attribute or name, None)
    spec = getattr(function, "spec", None)
    if not isinstance(spec, Spec) or spec.name != name:
        raise TypeError(f"{place} is not an operator called {name!r}: did you forget `@operator`?")
    return spec


def specs() -> list[Spec]:
    """Return all operators, sorted by name."""
    return [spec for name in names() if (spec := find(name)) is not None]
