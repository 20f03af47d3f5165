"""The files of a bundle that are made here from a downloaded one, as its manifest declares them."""

from __future__ import annotations

from dataclasses import dataclass

from flowrun.models.bundle import Bundle
from flowrun.schemas.errors import ModelError


@dataclass(frozen=True, slots=True)
class Conversion:
    """A file converted from another: from `source`, at a precision; sha256 is of the file that was made here."""

    path: str
    source: str
    precision: str
    sha256: str | None = None


def conversions(bundle: Bundle) -> tuple[Conversion, ...]:
    """Return what is converted from the downloads; most bundles need nothing."""
    return tuple(Conversion(**given) for given in bundle.data.get("converted", ()))


def conversion(bundle: Bundle, precision: str) -> Conversion:
    """Return the network at *precision*.

    Raises:
        ModelError: the bundle has none.
    """
    for known in conversions(bundle):
        if known.precision == precision:
            return known
    raise ModelError(f"model {bundle.name!r} has no network at the precision {precision!r}")


def missing(bundle: Bundle) -> tuple[str, ...]:
    """Return the files without which the bundle does not run; what others are converted from is not among them."""
    made = conversions(bundle)
    sources = {each.source for each in made}
    needed = [file.path for file in bundle.files if file.path not in sources] + [each.path for each in made]
    return tuple(path for path in needed if bundle.find(path) is None)
