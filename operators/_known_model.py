"""The model that a step names, looked up while the flow is checked."""

from __future__ import annotations

from flowrun.models.bundle import Bundle, bundle
from flowrun.models.window_network import need_window
from flowrun.schemas.errors import ModelError
from flowrun.schemas.stream_info import Mismatch


def known_model(model: str, *window: int) -> Bundle:
    """Return the bundle that the option `model` names.

    Args:
        model: Name or path of the bundle.
        window: Shape of the windows that it must score and embed; not looked at where none is given.

    Raises:
        Mismatch: there is none, its manifest is damaged, or it takes other windows.
    """
    try:
        found = bundle(model)
        if window:
            need_window(found, window)
    except ModelError as error:
        raise Mismatch(str(error), "model") from None
    return found
