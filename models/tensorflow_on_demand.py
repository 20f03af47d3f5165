"""TensorFlow, imported only by what trains or converts: the import costs seconds and 600 MB.

`from flowrun.models.tensorflow_on_demand import tf` is TensorFlow, imported when it is first used.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from flowrun.models.quiet import quiet
from flowrun.schemas.errors import ModelError

MISSING = "converting VGGish needs TensorFlow, once: pip install 'flowrun[vggish]' and pull again; downloads are kept"
TRAINING = "training and saving networks needs TensorFlow: pip install 'flowrun[train]'"


def tensorflow(missing: str = MISSING) -> Any:
    """Return the module `tensorflow`.

    Raises:
        ModelError: it is not installed, with *missing* as its text.
    """
    # Both are read once, when the import loads the C++ library. Without oneDNN, which TensorFlow leaves out on
    # processors that lack AVX-512, a convolutional network learns at two thirds of the speed.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        with quiet():
            import tensorflow
    except ImportError:
        raise ModelError(missing) from None
    return tensorflow


def need_tensorflow() -> None:
    """Refuse to begin what could not end: say that TensorFlow is missing before an hour has been spent.

    Raises:
        ModelError: it is not installed.
    """
    if find_spec("tensorflow") is None:
        raise ModelError(TRAINING)


class _TensorFlow:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by tools that look at modules, not by code
            raise AttributeError(name)
        value = getattr(tensorflow(TRAINING), name)
        setattr(self, name, value)  # found at once from now on
        return value


tf: Any = _TensorFlow()
