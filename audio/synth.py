"""The instruments of our own composer: drums, bass, chords and lead, from sines and noise."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.clip import Samples

RATE = 44_100
Wave = NDArray[Any]
"""float [n] or [channels, n]: one note or hit."""


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch; 69 is A4, 440 Hz.

    Examples
    --------
    >>> hertz(57)
    220.0
    """
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


@lru_cache(maxsize=32)
def drum(name: str) -> Samples:
    """Return one hit of a drum.

    Parameters
    ----------
    name : {"kick", "snare", "clap", "hat", "open", "crash", "shaker"}
        Which.

    Returns
    -------
    np.ndarray [shape=(2, n), dtype=float32]
        At 44.1 kHz, in its place between left and right; the same every time.
    """
    makers = {"kick": _kick, "snare": _snare, "clap": _clap}
    mono = makers[name]() if name in makers else _cymbal(*_CYMBALS[name])
    return panned(mono, _PLACES.get(name, 0.0)).astype(np.float32)


_PLACES = {"hat": 0.25, "open": 0.25, "shaker": -0.45, "crash": -0.2}
_CYMBALS = {  # seconds to fall by 60 dB, lowest frequency (Hz), level
    "hat": (0.11, 7500.0, 0.42),
    "open": (0.55, 6500.0, 0.36),
    "shaker": (0.13, 5200.0, 0.22),
    "crash": (2.6, 3200.0, 0.5),
}


def _kick() -> Wave:
    t = _time(0.42)
    pitch = 48 + 125 * np.exp(-t / 0.028)
    body = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.13)
    click = _noise(t.size, 1) * np.exp(-t / 0.003) * 0.22
    return _released(np.tanh(1.5 * (body + click)) * 0.82)


def _snare() -> Wave:
    t = _time(0.34)
    tone = np.sin(2 * np.pi * 188 * t) + 0.6 * np.sin(2 * np.pi * 331 * t)
    rattle = highpass(_noise(t.size, 2), 1600) * np.exp(-t / 0.075)
    return _released(0.34 * tone * np.exp(-t / 0.045) + 0.62 * rattle)


def _clap() -> Wave:
    t = _time(0.3)
    bursts = sum(np.exp(-(t - d) / 0.006) * (t >= d) for d in (0.0, 0.011, 0.022))
    envelope = bursts + 0.8 * np.exp(-(t - 0.03) / 0.07) * (t >= 0.03)
    return _released(lowpass(highpass(_noise(t.size, 3), 900), 6500) * envelope * 0.55)


def _cymbal(fall: float, lowest: float, level: float) -> Wave:
    t = _time(min(fall * 1.1, 2.6))
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (2931, 3877, 5003, 6337)) * 0.14
    hiss = highpass(_noise(t.size, 4) + metal, lowest)
    return _released(hiss * np.exp(-6.9 * t / fall) * level)


@lru_cache(maxsize=256)
def bass(pitch: int, seconds: float, bright: float) -> Wave:
    """Return one bass note: a sawtooth whose filter closes, over a sine.

    Parameters
    ----------
    pitch : int
        MIDI.
    seconds : float
        Length.
    bright : float [range=0..1]
        How far the filter opens.

    Returns
    -------
    np.ndarray [shape=(n,)]
    """
    t = _time(seconds)
    saw = _saw(hertz(pitch), t)
    open_, closed = lowpass(saw, 500 + 1800 * bright), lowpass(saw, 220)
    envelope = np.exp(-t / 0.14)
    sub = np.sin(2 * np.pi * hertz(pitch) * t)
    return _shaped(0.5 * (open_ * envelope + closed * (1 - envelope)) + 0.3 * sub, 0.004, 0.03)


@lru_cache(maxsize=128)
def pad(pitches: tuple[int, ...], seconds: float, cutoff: float) -> Wave:
    """Return a chord of gently detuned sawtooths, wide and soft.

    Parameters
    ----------
    pitches : tuple of int
        MIDI.
    seconds : float
        Length.
    cutoff : float
        Of the low-pass, in Hz.

    Returns
    -------
    np.ndarray [shape=(2, n)]
    """
    t = _time(seconds)
    sides = []
    for cents in ((-7, 3), (-3, 7)):
        voices = np.zeros(t.size)
        for i, pitch in enumerate(pitches):
            for c in cents:
                voices += _saw(hertz(pitch + c / 100), t, phase=0.37 * i + 0.11 * c)
        sides.append(_shaped(lowpass(voices, cutoff), min(0.12, seconds / 4), 0.12))
    return highpass(np.stack(sides) * (0.26 / len(pitches) ** 0.5), 170)


@lru_cache(maxsize=128)
def keys(pitches: tuple[int, ...], seconds: float, bright: float) -> Wave:
    """Return a chord on an electric piano: sines that bend each other, with a little bell.

    Parameters
    ----------
    pitches : tuple of int
        MIDI, low to high; they spread a little from left to right.
    seconds : float
        Length.
    bright : float [range=0..1]
        How hard it is struck.

    Returns
    -------
    np.ndarray [shape=(2, n)]
    """
    t = _time(seconds)
    chord = np.zeros((2, t.size))
    for index, pitch in enumerate(pitches):
        w = 2 * np.pi * hertz(pitch) * t
        bend = (0.5 + 2.0 * bright) * np.exp(-t / 0.5)
        tine = 0.25 * bright * np.sin(7 * w) * np.exp(-t / 0.06)
        note = (np.sin(w + bend * np.sin(w)) + tine) * np.exp(-t / 1.3)
        chord += panned(note, -0.35 + 0.7 * index / max(len(pitches) - 1, 1))
    wobble = 1 + 0.12 * np.sin(2 * np.pi * 4.6 * t) * np.array([[1.0], [-1.0]])
    return _shaped(chord * wobble * (0.3 / len(pitches) ** 0.5), 0.003, 0.08)


@lru_cache(maxsize=256)
def lead(pitch: int, seconds: float, voice: str) -> Wave:
    """Return one note of the melody.

    Parameters
    ----------
    pitch : int
        MIDI.
    seconds : float
        Length.
    voice : {"pluck", "synth", "flute"}
        Timbre.

    Returns
    -------
    np.ndarray [shape=(n,)]
    """
    t = _time(seconds + (0.25 if voice == "pluck" else 0.0))
    vibrato = 1 + 0.0045 * np.sin(2 * np.pi * 5.4 * t) * np.clip((t - 0.18) / 0.2, 0, 1)
    if voice == "pluck":
        partials = ((1, 1.0, 0.55), (2, 0.5, 0.3), (3, 0.3, 0.18), (4, 0.12, 0.12), (5, 0.1, 0.08))
        f = hertz(pitch)
        tone = sum(a * np.sin(2 * np.pi * k * f * t) * np.exp(-t / d) for k, a, d in partials)
        return _shaped(np.asarray(tone) * 0.5, 0.002, 0.05)
    phase = np.cumsum(hertz(pitch) * vibrato) / RATE
    if voice == "flute":
        tone = sum(a * np.sin(2 * np.pi * k * phase) for k, a in ((1, 1.0), (2, 0.3), (3, 0.14)))
        breath = lowpass(_noise(t.size, 5), 4500) * 0.08 * (0.4 + np.exp(-t / 0.05))
        return _shaped((np.asarray(tone) + breath) * 0.5, 0.035, 0.06)
    saws = _saw_at(phase) + _saw_at(phase * 1.004) + 0.6 * _saw_at(phase * 0.5)
    return _shaped(lowpass(saws, 4200) * 0.27, 0.012, 0.06)


def forget() -> None:
    """Free the notes that are kept for when they come again: some 100 MB after a song."""
    for instrument in (drum, bass, pad, keys, lead):
        instrument.cache_clear()


def echo(samples: Samples, seconds: float, level: float) -> Samples:
    """Add repeats that bounce from side to side, each softer by `level` (linear).

    Parameters
    ----------
    samples : np.ndarray [shape=(2, n), dtype=float32]
        The dry sound.
    seconds : float
        Between repeats.
    level : float [range=0..1]
        Of each repeat to the one before.

    Returns
    -------
    np.ndarray [shape=(2, n), dtype=float32]
    """
    step, wet = round(seconds * RATE), samples.copy()
    for turn in range(1, 4):
        late = samples[:: -1 if turn % 2 else 1, : max(samples.shape[1] - turn * step, 0)]
        wet[:, turn * step :] += np.float32(level**turn) * late
    return wet


def room(samples: Samples, level: float, fall: float = 1.4) -> Samples:
    """Add the sound of a room: noise that dies away, other left than right.

    Parameters
    ----------
    samples : np.ndarray [shape=(2, n), dtype=float32]
        The dry sound.
    level : float
        Of the room, linear.
    fall : float
        Seconds to fall by 60 dB.

    Returns
    -------
    np.ndarray [shape=(2, n), dtype=float32]
    """
    t = _time(fall)
    size = _fast_size(samples.shape[1] + t.size)
    send = np.fft.rfft(samples.mean(axis=0), size)
    wet = samples.copy()
    for side in (0, 1):
        tail = lowpass(highpass(_noise(t.size, 6 + side), 250), 5000) * np.exp(-6.9 * t / fall)
        tail[: round(0.012 * RATE)] = 0
        reply = np.fft.irfft(send * np.fft.rfft(tail, size), size)[: samples.shape[1]]
        wet[side] += (level * reply / np.sqrt((tail**2).sum())).astype(np.float32)
    return wet


def panned(mono: Wave, place: float) -> Wave:
    """Return a sound in its place, -1 (left) to 1 (right), at equal power, as [2, n]."""
    angle = (place + 1) * np.pi / 4
    placed: Wave = np.stack([mono * np.cos(angle), mono * np.sin(angle)]) * np.sqrt(2)
    return placed


def lowpass(wave: Wave, cutoff: float) -> Wave:
    """Return a wave through two poles in a row at the cutoff (Hz)."""
    return _filtered(wave, lambda f: 1 / (1 + 1j * f / cutoff) ** 2)


def highpass(wave: Wave, cutoff: float) -> Wave:
    """Return a wave through two zeros and two poles at the cutoff (Hz)."""
    return _filtered(wave, lambda f: ((1j * f / cutoff) / (1 + 1j * f / cutoff)) ** 2)


def _filtered(wave: Wave, response: Any) -> Wave:
    n = wave.shape[-1]
    size = _fast_size(n + 2048)
    spectrum = np.fft.rfft(wave, size) * response(np.fft.rfftfreq(size, 1 / RATE))
    filtered: Wave = np.fft.irfft(spectrum, size)
    return filtered[..., :n]


def _fast_size(n: int) -> int:
    """The next size that is a power of two, or three quarters of one."""
    power = 1 << (n - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= n else power


def _saw(frequency: float, t: Wave, phase: float = 0.0) -> Wave:
    return _saw_at(frequency * t + phase)


def _saw_at(phase: Wave) -> Wave:
    """A sawtooth whose step is rounded over two samples (PolyBLEP), which keeps aliases low."""
    p = phase % 1.0
    step = np.maximum(np.diff(phase, append=2 * phase[-1] - phase[-2]), 1e-9)
    wave = 2 * p - 1
    after, before = p < step, p > 1 - step
    x = p[after] / step[after]
    wave[after] -= 2 * x - x * x - 1
    x = (p[before] - 1) / step[before]
    wave[before] -= x * x + 2 * x + 1
    return wave


def _time(seconds: float) -> Wave:
    return np.arange(max(round(seconds * RATE), 2)) / RATE


def _noise(n: int, seed: int) -> Wave:
    return np.random.default_rng(seed).uniform(-1, 1, n)


def _shaped(wave: Wave, attack: float, release: float) -> Wave:
    """Fade in and out, in seconds."""
    n = wave.shape[-1]
    rise = np.minimum(1.0, np.arange(n) / max(attack * RATE, 1))
    fall = np.minimum(1.0, np.arange(n)[::-1] / max(release * RATE, 1))
    return wave * rise * fall


def _released(wave: Wave) -> Wave:
    return _shaped(wave, 0.0, 0.02)
