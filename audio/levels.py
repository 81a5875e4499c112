"""Loudness and how to change it: levels, gain, crossfades, a soft limit."""

import numpy as np

from audio.clip import Clip, Samples

SILENCE_DB = -120.0
"""What the level of silence is given as, in dB."""


def peak(clip: Clip) -> float:
    """Return the largest magnitude of a clip, 0 for an empty one; 1 is full scale."""
    return float(np.abs(clip.samples).max(initial=0.0))


def rms_db(clip: Clip) -> float:
    """Return the level of a clip over all its channels.

        level = 10 log10(mean(x^2))

    Parameters
    ----------
    clip : Clip [shape=(channels, n)]
        The sound.

    Returns
    -------
    float [range=-120..]
        In dB; a full-scale sine is at -3.01. Silence (and an empty clip) is `SILENCE_DB`.

    Examples
    --------
    >>> round(rms_db(Clip(np.full((2, 100), 0.1, np.float32), 44100)), 3)
    -20.0
    """
    if not clip.samples.size:
        return SILENCE_DB
    power = float(np.mean(np.square(clip.samples, dtype=np.float64)))
    return max(SILENCE_DB, 10 * float(np.log10(max(power, 1e-30))))


def gain(clip: Clip, db: float) -> Clip:
    """Return a clip made louder by so many dB."""
    return Clip(clip.samples * np.float32(10 ** (db / 20)), clip.sample_rate)


def crossfade(before: Samples, after: Samples) -> Samples:
    """Pass from one sound to another of the same length at equal power.

        out = cos(p) * before + sin(p) * after,  p from 0 to pi/2

    Sounds that have nothing in common keep their loudness.

    Parameters
    ----------
    before, after : np.ndarray [shape=(channels, n), dtype=float32]
        What is left and what is entered.

    Returns
    -------
    np.ndarray [shape=(channels, n), dtype=float32]

    Raises
    ------
    ValueError
        If their shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"A crossfade is of equal shapes, not {before.shape}, {after.shape}.")
    n = before.shape[1]
    phase = ((np.arange(n) + 0.5) / max(n, 1) * (np.pi / 2)).astype(np.float32)
    mixed: Samples = np.cos(phase) * before + np.sin(phase) * after
    return mixed


def soft_limit(samples: Samples, ceiling: float = 0.9, knee: float = 0.6) -> Samples:
    """Bend what is louder than the knee so that nothing passes the ceiling.

        y = knee + (ceiling - knee) * tanh((|x| - knee) / (ceiling - knee)),  |x| > knee

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, n), dtype=float32]
        The sound.
    ceiling, knee : float [range=0..1, knee < ceiling]
        Linear.

    Returns
    -------
    np.ndarray [shape=(channels, n), dtype=float32]
        Below the knee unchanged; the slope has no step.
    """
    size = np.abs(samples)
    span = np.float32(ceiling - knee)
    bent = np.float32(knee) + span * np.tanh((size - np.float32(knee)) / span)
    limited: Samples = np.where(size > knee, np.copysign(bent, samples), samples)
    return limited.astype(np.float32)
