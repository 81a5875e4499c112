"""How close an estimate is to a reference: SI-SDR."""

import numpy as np

from audio.clip import Clip
from audio.errors import Silent


def si_sdr(reference: Clip, estimate: Clip) -> float:
    """Scale-invariant signal-to-distortion ratio of an estimate.

    The estimate is projected on the reference, so its loudness does not count:

        target = (<estimate, reference> / |reference|^2) * reference
        SI-SDR = 10 log10(|target|^2 / |estimate - target|^2)

    Parameters
    ----------
    reference, estimate : Clip [shape=(channels, n)]
        Aligned clips of equal shape and sample rate. All channels are scored together.

    Returns
    -------
    float
        In dB; higher is better. ``inf`` for a perfect estimate, ``-inf`` for silence.

    Raises
    ------
    Silent
        If the reference has no energy: the ratio is then undefined.
    ValueError
        If the clips differ in shape or sample rate.

    References
    ----------
    Le Roux, Wisdom, Erdogan, Hershey, "SDR - half-baked or well done?", ICASSP 2019.
    """
    _require_same_shape(reference, estimate)
    r = reference.samples.ravel().astype(np.float64)
    e = estimate.samples.ravel().astype(np.float64)
    if not r.any():
        raise Silent("The reference is silent.")
    if not e.any():
        return float("-inf")

    target = (e @ r) / (r @ r) * r
    distortion = e - target
    with np.errstate(divide="ignore"):
        return float(10 * np.log10((target @ target) / (distortion @ distortion)))


def _require_same_shape(reference: Clip, estimate: Clip) -> None:
    if reference.samples.shape != estimate.samples.shape:
        raise ValueError(
            f"The clips differ in shape: {reference.samples.shape}, {estimate.samples.shape}."
        )
    if reference.sample_rate != estimate.sample_rate:
        raise ValueError(
            f"The clips differ in sample rate: {reference.sample_rate}, {estimate.sample_rate} Hz."
        )
