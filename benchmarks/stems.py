"""Stems: how close they come to the true ones, and what separating costs."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audio import stems
from audio.clip import Clip, Samples
from audio.compiled import librosa
from benchmarks.material import STEMS, Composed, composed
from benchmarks.rows import Row
from benchmarks.timing import timed

TITLE = "ours beside librosa.decompose.hpss and a hard split at 180 Hz"
N_FFT, HOP = 4096, 1024
SPLIT = 180.0  # Hz
AUDIBLE = 0.02  # linear RMS over which a stem counts
GOALS = {"drums": "≥ 1.8 dB", "bass": "≥ 0.8 dB", "other": "≥ 5.5 dB"}

Split = Callable[[Clip], Mapping[str, Samples]]


def measure(data: Path) -> Iterator[Row]:
    """Score the engine `hpss`, plain masks, and the mix itself, on the composed songs."""
    songs = composed(data)[::2]  # the engine was tuned on the others
    peer, ours, nothing = (_tried(split, songs) for split in (plain, engine, untouched))
    for name in STEMS:
        theirs, mine = _median(peer[name]), _median(ours[name])
        what = f"SDR of {name}, median of {len(ours[name])} songs"
        yield Row(what, theirs, mine, "dB", GOALS[name])
        yield Row("… beside the mix itself", _median(nothing[name]), mine, "dB")
    what = "seconds a minute of stereo"
    yield Row(what, _median(peer["seconds"]), _median(ours["seconds"]), "s", "≤ 1 s")


def engine(mix: Clip) -> dict[str, Samples]:
    """Separate with our engine, whole song in, whole stems out."""
    pieces = [batch.stems for batch in stems.load("hpss").batches(iter([mix]))]
    return {
        name: np.concatenate([piece[name].samples for piece in pieces], axis=1) for name in STEMS
    }


def plain(mix: Clip) -> dict[str, Samples]:
    """Separate with librosa's masks, channel by channel."""
    spectrum = librosa.stft(mix.samples, n_fft=N_FFT, hop_length=HOP)
    parts = [librosa.decompose.hpss(channel) for channel in spectrum]
    harmonic, percussive = (np.stack(part) for part in zip(*parts, strict=True))
    low = (librosa.fft_frequencies(sr=mix.sample_rate, n_fft=N_FFT) < SPLIT)[:, None]
    spectra = {"drums": percussive, "bass": harmonic * low, "other": harmonic * ~low}
    return {
        name: librosa.istft(part, hop_length=HOP, length=mix.frames)
        for name, part in spectra.items()
    }


def untouched(mix: Clip) -> dict[str, Samples]:
    """Do nothing: every stem is the mix."""
    return dict.fromkeys(STEMS, mix.samples)


def sdr(reference: Samples, estimate: Samples) -> float:
    """Signal-to-distortion ratio in dB, both channels together."""
    true = reference.astype(np.float64)
    return float(10 * np.log10(np.square(true).sum() / np.square(true - estimate).sum()))


def _tried(split: Split, songs: list[Composed]) -> dict[str, list[float]]:
    """SDR (dB) of each stem in the songs where it is heard; seconds a minute of all."""
    figures: dict[str, list[float]] = {name: [] for name in (*STEMS, "seconds")}
    split(Clip(np.zeros((2, 44_100), np.float32), 44_100))  # loads and compiles what it needs
    for song in tqdm(songs, desc=split.__name__, disable=None):
        mix = song.mix()
        made, seconds = timed(split, mix)
        figures["seconds"].append(60 * seconds / mix.seconds)
        for name in STEMS:
            if song.levels[name] > AUDIBLE:
                figures[name].append(sdr(song.stem(name).samples, made[name]))
    return figures


def _median(values: list[float]) -> float:
    return float(np.median(values))
