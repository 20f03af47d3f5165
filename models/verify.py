"""Is a model whole, undamaged, and does it compute what it should?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flowrun.models.bundle import Bundle, ModelFile, bundle, sha256
from flowrun.models.check import Check
from flowrun.models.conversions import conversions
from flowrun.models.recogniser_check import check_recogniser
from flowrun.models.vggish_check import check_vggish
from flowrun.schemas.errors import ModelError

# What a network must compute is known for these; other bundles have their files checked.
COMPUTES: Mapping[str, Callable[[Bundle], Iterator[Check]]] = {
    "listener": check_recogniser,
    "vggish": check_vggish,
    "yamnet": check_recogniser,
}


@dataclass(frozen=True, slots=True)
class Report:
    """The checks that were made of a model, in order."""

    name: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)


def verify(name: str) -> Report:
    """Check the files of the model *name*, and what its network computes once they are whole.

    Raises:
        ModelError: there is no such model, or its manifest is damaged.
    """
    found = bundle(name)
    checks = [Check("manifest", True, f"{found.name} {found.data['version']}, {found.data['licence']}")]
    made = conversions(found)
    unused = {each.source for each in made if found.find(each.path)}
    checks += [_file(found, file, optional=file.path in unused) for file in found.files]
    checks += [_file(found, ModelFile(each.path, each.sha256), optional=False) for each in made]
    if all(check.ok for check in checks) and found.name in COMPUTES:
        try:
            checks += COMPUTES[found.name](found)
        except ModelError as error:
            checks.append(Check("network", False, str(error)))
    return Report(found.name, tuple(checks))


def _file(found: Bundle, file: ModelFile, *, optional: bool) -> Check:
    path = found.find(file.path)
    if path is None:
        remedy = "not needed: what is made of it is here" if optional else f"run `flowrun models pull {found.name}`"
        return Check(file.path, optional, f"not here; {remedy}")
    length = path.stat().st_size
    if file.bytes not in (None, length):
        return Check(file.path, False, f"{path} has {length:,} bytes, not {file.bytes:,}; delete it and pull again")
    digest = sha256(path)
    if file.sha256 not in (None, digest):
        return Check(file.path, False, f"{path} has the SHA-256 {digest}, not {file.sha256}; delete it and pull again")
    compared = "" if file.sha256 else " (nothing to compare it with)"
    return Check(file.path, True, f"{length:,} bytes, SHA-256 {digest}{compared}")
