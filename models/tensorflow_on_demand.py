"""TensorFlow, imported only by what converts or reads its checkpoints: the import costs seconds and 600 MB."""

from __future__ import annotations

import os
from typing import Any

from flowrun.schemas.errors import ModelError

MISSING = "converting VGGish needs TensorFlow, once: pip install 'flowrun[vggish]' and pull again; downloads are kept"


def tensorflow() -> Any:
    """Return the module `tensorflow`.

    Raises:
        ModelError: it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read once, when the import loads the C++ library
    try:
        import tensorflow
    except ImportError:
        raise ModelError(MISSING) from None
    return tensorflow
