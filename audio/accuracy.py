"""How often something was right, how far that can be trusted, and whether it knows."""

import math

import numpy as np
import numpy.typing as npt

BINS = 10
NINETEEN_IN_TWENTY = 1.959964  # standard deviations


def interval(share: float, units: int) -> tuple[float, float]:
    """Where a share truly lies, 19 times out of 20: Wilson's interval.

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n)

    Parameters
    ----------
    share : float
        Of what was counted, 0..1.
    units : int
        How many independent things were counted. Songs of one artist stand or fall together:
        give the number of artists, and the interval errs on the wide side.

    Returns
    -------
    tuple of float
        Lower and upper end, 0..1.

    Raises
    ------
    ValueError
        If there is nothing to count.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    Examples
    --------
    >>> [round(end, 3) for end in interval(0.5, 20)]
    [0.299, 0.701]
    """
    if units < 1:
        raise ValueError("There is nothing to count.")
    z2 = NINETEEN_IN_TWENTY**2 / units
    centre = (share + z2 / 2) / (1 + z2)
    half = math.sqrt(share * (1 - share) * z2 + z2 * z2 / 4) / (1 + z2)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def calibration_error(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Expected calibration error: mean |confidence - accuracy| over ten bins of confidence.

    Parameters
    ----------
    confidence : array [shape=(n,)]
        0..1, of what was said.
    right : array of bool [shape=(n,)]
        Whether it was so.

    Returns
    -------
    float
        0..1; 0 says that of what is said with 70 %, seven in ten are right.

    Raises
    ------
    ValueError
        If there is nothing to count.

    References
    ----------
    Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI 2015.

    Examples
    --------
    >>> calibration_error([0.75, 0.75, 0.75, 0.75], [True, True, True, False])
    0.0
    """
    said, hits = np.asarray(confidence, np.float64), np.asarray(right, bool)
    if not len(said):
        raise ValueError("There is nothing to count.")
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=said - hits, minlength=BINS)
    return float(np.abs(gaps).sum() / len(said))
