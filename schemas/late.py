"""NumPy, imported when it is first used.

`check`, `list`, `describe` and `graph` import operators only to read their declarations; NumPy alone would be half of
their time. So operators and front ends write `from flowrun.schemas.late import np`, which is NumPy in every other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["np"]

if TYPE_CHECKING:
    import numpy as np
else:

    class _NumPy:
        def __getattr__(self, name: str) -> Any:
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # found at once from now on
            return value

    np = _NumPy()
