"""The class list that a step names, read while the flow is checked."""

from __future__ import annotations

from flowrun.models.examples.class_list import class_list
from flowrun.schemas.errors import explain
from flowrun.schemas.stream_info import Mismatch


def known_classes(labels: str) -> tuple[str, ...]:
    """Return the classes that the option `labels` names.

    Raises:
        Mismatch: the list is not there, or damaged.
    """
    try:
        return class_list(labels)
    except (OSError, ValueError) as error:
        raise Mismatch(explain(error), "labels", remedy="`audioset`, or the path of a list of classes") from None
