"""Beats, downbeats and tempo of a song, and what each beat sounds like."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from audio import beatgrid, io
from audio.beatgrid import BeatGrid
from audio.clip import Clip
from audio.compiled import librosa
from audio.errors import AudioError, NoBeats, Silent, TooShort
from audio.models import Model, Tagging
from audio.onsets import HOP, SAMPLE_RATE, FrameMeter, Frames
from audio.progress import Report, ignore, part
from audio.windows import SHORTEST_TAIL, SLACK

VERSION = "librosa-1"
SHORTEST = 3.0  # s
FEWEST = 4  # beats
LEAST_CONFIDENCE = 0.1  # lenient: a prelude in free time reaches no more than noise, 0.13
QUIETEST = 1e-10  # mean square of the loudest frame: -100 dB
BAR = 4  # beats
PIECE = 1 << 10  # frames whose tempogram is held at once
STRETCH = 1 << 14  # frames (6.3 min) that share one tempo
USUAL = 120.0  # BPM, preferred where a song could be counted in several ways
DECODING = 0.8  # the share of the work that decoding and measuring are, as progress

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


def analyse(clip: Clip) -> BeatGrid:
    """Find the beats of a clip; see `analyse_file`.

    Parameters
    ----------
    clip : Clip [shape=(1, n)]
        Mono, at 22,050 Hz (else ValueError).
    """
    meter = FrameMeter(with_timbre=True)
    meter.hear(clip)
    return grid(meter.frames(), clip.seconds)


def analyse_file(path: Path, report: Report = ignore) -> BeatGrid:
    """Find the beats, downbeats and tempo of a song and describe each beat.

    Beats are librosa's: one tempo for each six minutes from the autocorrelation of the onset
    strength, then the path of beats that lie on onsets and keep that tempo. Downbeats are
    plain: of the four ways to count in fours, the one whose first beats bring the most new
    sound below 150 Hz and the greatest change of harmony.

    Parameters
    ----------
    path : Path
        An audio file of any length; memory grows by about 10 MB an hour.
    report : Report
        Told the fraction done.

    Returns
    -------
    BeatGrid
        Features are those of `audio.beatgrid.FEATURES`.

    Raises
    ------
    TooShort
        If there are less than three seconds.
    Silent
        If there is nothing to hear.
    NoBeats
        If no regular beat is found: one held sound, noise, free time.
    Empty, NotAudio, Damaged
        If the file cannot be read.

    References
    ----------
    Ellis, "Beat tracking by dynamic programming", 2007, as in librosa.beat.beat_track.
    """
    meter = FrameMeter(with_timbre=True)
    seconds = _listened(path, meter, part(report, 0.0, DECODING))
    found = grid(meter.frames(), seconds)
    report(1.0)
    return found


def grid(frames: Frames, seconds: float) -> BeatGrid:
    """Make the beat grid of measured frames; raises TooShort, Silent, NoBeats."""
    beats = beat_frames(frames, seconds)
    features = _features(frames, beats)
    times = beats * HOP / SAMPLE_RATE
    return BeatGrid(
        version=VERSION,
        seconds=seconds,
        bpm=_bpm(times),
        confidence=confidence(frames.onset, beats),
        beats=times,
        downbeats=times[_first_downbeat(frames, beats, features) :: BAR],
        features=features,
    )


def beat_frames(frames: Frames, seconds: float) -> Indices:
    """Find the frames on which beats fall [n]; raises TooShort, Silent, NoBeats."""
    if seconds < SHORTEST:
        raise TooShort("The recording is shorter than three seconds: too short to find beats in.")
    if frames.power.max() < QUIETEST:
        raise Silent("The recording is silent.")
    if not frames.onset.any():
        raise NoBeats("Nothing begins anew in this recording, so it has no beats.")
    _, beats = librosa.beat.beat_track(
        onset_envelope=frames.onset, sr=SAMPLE_RATE, hop_length=HOP, bpm=_tempo(frames.onset)
    )
    beats = np.asarray(beats, dtype=np.intp)
    if len(beats) < FEWEST or confidence(frames.onset, beats) < LEAST_CONFIDENCE:
        raise NoBeats("No regular beat was found in this recording.")
    return beats


def confidence(onset: Array, beats: Indices) -> float:
    """Say how far the beats stand out and how regularly onsets come back.

        confidence = (contrast + regularity) / 2,   contrast = (on - off) / (on + off)

    where `on` and `off` are means of the strongest onset within 46 ms of the beats and of the
    points half-way between them, and regularity is the autocorrelation of the onset strength at
    one, two or four beats, whichever is largest. Gain does not matter. White noise reaches 0.13.

    Parameters
    ----------
    onset : np.ndarray [shape=(frames,)]
        Onset strength.
    beats : np.ndarray [shape=(n,)]
        Frames of the beats, at least two.

    Returns
    -------
    float
        0..1.
    """
    nearby = librosa.util.frame(np.pad(onset, 2), frame_length=5, hop_length=1).max(axis=0)
    on = float(nearby[beats].mean())
    off = float(nearby[(beats[:-1] + beats[1:]) // 2].mean())
    contrast = max(on - off, 0.0) / max(on + off, 1e-9)
    return (contrast + _regularity(onset, round(float(np.median(np.diff(beats)))))) / 2


def window_starts(seconds: float, length: float) -> list[float]:
    """Say where the windows of a file begin (s), as `audio.windows.Windows` cuts them.

    Examples
    --------
    >>> window_starts(30.5, 30.0), window_starts(62.0, 30.0), window_starts(70.0, 30.0)
    ([0.0], [0.0, 30.0], [0.0, 30.0, 40.0])
    """
    count = max(1, int(np.ceil((seconds - SLACK) / length)))
    tail = seconds - (count - 1) * length
    if count > 1 and tail < SHORTEST_TAIL * length:
        return [number * length for number in range(count - 1)]
    last = max(0.0, min((count - 1) * length, seconds - length))
    return [*(number * length for number in range(count - 1)), last]


class TempoModel(Model):
    """The tempo as a model: no labels, one number a window and one for the file."""

    name = "tempo"
    version = f"{VERSION}.windows"
    sample_rate = SAMPLE_RATE
    labels: tuple[str, ...] = ()
    threshold = 0.9

    @property
    def parameters(self) -> Mapping[str, float | str]:
        """What else the answer depends on."""
        return {"start_bpm": USUAL, "window_seconds": self.window_seconds}

    def listen(self) -> "TempoListener":
        """Return a listener for one file."""
        return TempoListener(self)


class TempoListener:
    """Measures the onsets of one file and says its tempo, and that of each window.

    Onsets are all that is kept, some 3 MB an hour.
    """

    def __init__(self, model: TempoModel) -> None:
        self._model = model
        self._meter = FrameMeter(with_timbre=False)
        self._seconds = 0.0

    def hear(self, piece: Clip) -> None:
        """Take the next piece: mono, at 22,050 Hz."""
        self._meter.hear(piece)
        self._seconds += piece.seconds

    def tagging(self, report: Report = ignore) -> Tagging:
        """Say the tempo of what was heard; raises TooShort, Silent or NoBeats."""
        frames = self._meter.frames()
        beats = beat_frames(frames, self._seconds)
        bpm = _bpm(beats * HOP / SAMPLE_RATE)
        starts = window_starts(self._seconds, self._model.window_seconds)
        report(1.0)
        return Tagging(
            model=self._model.name,
            version=self._model.version,
            parameters=self._model.parameters,
            labels=(),
            probabilities=np.zeros((len(starts), 0), np.float32),
            starts=np.array(starts),
            window_seconds=self._model.window_seconds,
            label=f"{bpm:.0f} BPM",
            confidence=confidence(frames.onset, beats),
            value=bpm,
            threshold=self._model.threshold,
            values=np.array(self._local(frames, starts) or [bpm], np.float32),
        )

    def _local(self, frames: Frames, starts: Sequence[float]) -> list[float]:
        """The tempo of each of several windows (BPM), NaN where there is no beat."""
        length = self._model.window_seconds
        return [_local_bpm(frames, start, length) for start in starts if len(starts) > 1]


def _listened(path: Path, meter: FrameMeter, report: Report) -> float:
    declared = io.probe(path).seconds
    seconds = 0.0
    for piece in io.blocks(path, sample_rate=SAMPLE_RATE, channels=1):
        meter.hear(piece)
        seconds += piece.seconds
        report(min(seconds / declared, 1.0) if declared else 0.0)
    if not seconds:
        raise TooShort("The recording holds hardly more than one sample.")
    return seconds


def _tempo(onset: Array) -> npt.NDArray[np.float64]:
    """Tempo of each frame: one for each stretch, or for the whole song when it is shorter."""
    count = max(1, len(onset) // STRETCH)
    stretches = np.array_split(onset, count)
    usual = USUAL
    tempi = []
    for stretch in stretches:
        if stretch.any():
            usual = float(librosa.feature.tempo(tg=_echoes(stretch), sr=SAMPLE_RATE)[0])
        tempi.append(np.full(len(stretch), usual))
    return np.concatenate(tempi) if count > 1 else tempi[0][:1]


def _echoes(onset: Array) -> npt.NDArray[np.float64]:
    """The mean of librosa's tempogram over time [lags, 1], made piece by piece."""
    width = int(librosa.time_to_frames(8.0, sr=SAMPLE_RATE, hop_length=HOP))
    padded = np.pad(onset, width // 2, mode="linear_ramp", end_values=0)
    total = np.zeros(width)
    for start in range(0, len(onset), PIECE):
        piece = padded[start : min(start + PIECE, len(onset)) + width - 1]
        total += librosa.feature.tempogram(
            onset_envelope=piece, win_length=width, center=False
        ).sum(axis=-1)
    return total[:, None] / len(onset)


def _regularity(onset: Array, period: int) -> float:
    """Autocorrelation of the smoothed onset strength at 1, 2 or 4 periods (frames): 0..1."""
    smooth = np.convolve(onset - onset.mean(), (0.25, 0.75, 1.0, 0.75, 0.25), "same")
    longest = min(4 * period + 2, len(smooth) - 1)
    echo = librosa.autocorrelate(smooth, max_size=longest + 1)
    near = [
        echo[lag - 1 : lag + 2].max() for lag in (period, 2 * period, 4 * period) if lag < longest
    ]
    return float(np.clip(max(near, default=0.0) / max(float(echo[0]), 1e-9), 0.0, 1.0))


def _local_bpm(frames: Frames, start: float, length: float) -> float:
    """The tempo of a window by itself, whatever the rest of the song does; NaN without beats."""
    first, last = (round(second * SAMPLE_RATE / HOP) for second in (start, start + length))
    part = Frames(*(getattr(frames, field.name)[first:last] for field in fields(frames)))
    try:
        return _bpm(beat_frames(part, length) * HOP / SAMPLE_RATE)
    except AudioError:
        return float("nan")


def _bpm(times: npt.NDArray[np.float64]) -> float:
    """60 / the mean of those beat lengths that lie within a quarter of the median."""
    gaps = np.diff(times)
    median = np.median(gaps)
    return float(60 / gaps[np.abs(gaps - median) <= median / 4].mean())


def _features(frames: Frames, beats: Indices) -> Array:
    """Mean of the frames of each beat [n, 27], named in `audio.beatgrid.FEATURES`."""
    ends = np.append(beats[1:], min(2 * beats[-1] - beats[-2], len(frames.onset)))
    ends = np.maximum(ends, beats + 1)
    chroma, timbre, power = (
        np.add.reduceat(values[: ends[-1]], beats, axis=0) / (ends - beats)[:, None]
        for values in (frames.chroma, frames.timbre, frames.power[:, None])
    )
    chroma = librosa.util.normalize(chroma, norm=np.inf, axis=1)
    loudness = 10 * np.log10(np.maximum(power, QUIETEST))
    length = np.log2((ends - beats) * HOP / SAMPLE_RATE)[:, None]
    rows = np.hstack([chroma, timbre, loudness, length]).astype(np.float32)
    assert rows.shape[1] == len(beatgrid.FEATURES)
    return rows


def _first_downbeat(frames: Frames, beats: Indices, features: Array) -> int:
    """Number (0..3) of the first beat that begins a bar of four."""
    nearby = librosa.util.frame(np.pad(frames.low_onset, 2), frame_length=5, hop_length=1)
    low = nearby.max(axis=0)[beats]
    chroma = features[:, : len(beatgrid.CHROMA)]
    change = np.abs(np.diff(chroma, axis=0, prepend=chroma[:1])).sum(axis=1)
    news = sum(part / max(float(part.std()), 1e-9) for part in (low, change))
    scores = [np.mean(np.asarray(news)[phase::BAR]) for phase in range(BAR)]
    return int(np.argmax(scores))
