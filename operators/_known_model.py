"""The model that a step names, looked up while the flow is checked."""

from __future__ import annotations

from flowrun.models.bundle import Bundle, bundle
from flowrun.schemas.errors import ModelError
from flowrun.schemas.stream_info import Mismatch


def known_model(model: str) -> Bundle:
    """Return the bundle that the option `model` names.

    Raises:
        Mismatch: there is none, or its manifest is damaged.
    """
    try:
        return bundle(model)
    except ModelError as error:
        raise Mismatch(str(error), "model") from None
