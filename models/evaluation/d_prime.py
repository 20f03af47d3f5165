"""d', the measure of the AudioSet papers beside AUC."""

from __future__ import annotations

import math
from statistics import NormalDist


def d_prime(auc: float) -> float:
    """Return how many standard deviations apart two normal distributions of scores with this AUC are.

    d' = sqrt(2) F^-1(AUC), F being the cumulative distribution function of the standard normal distribution.

    Args:
        auc: In [0, 1]; of several classes their mean.

    Returns:
        0 for chance; infinite for an AUC of 0 or 1; NaN for NaN.
    Source: Gemmeke et al. 2017; Hershey et al. 2017, section 4.1.

    >>> round(d_prime(0.959), 3), d_prime(0.5)
    (2.46, 0.0)
    """
    if not 0 < auc < 1:
        return {0.0: -math.inf, 1.0: math.inf}.get(auc, math.nan)
    return math.sqrt(2) * NormalDist().inv_cdf(auc)
