"""Our own composer: short songs whose tempo, key, beats and stems are known exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import formats, io, levels, synth
from audio.clip import Clip, Samples
from audio.score import STYLES, Bar, Note, Spec, bars, bass_line, chord_line, drum_line, melody

TAIL = 2.5  # s for the last chord to die away
_PEAK = 0.89  # linear

# Tempi within 8 % of each other: close enough to be remixed without stretching.
DEMO = (
    Spec("Paper Boats", bpm=100, key="C major", style="pop", seed=11),
    Spec("Neon Harbour", bpm=104, key="A minor", style="house", seed=5),
    Spec("Half Past Rain", bpm=96, key="D minor", style="soul", seed=23),
)
_TITLES = ("Lantern", "Tin Roof", "Slow Ferry", "Copper Sky", "Back Garden", "Long Shadows")


@dataclass(frozen=True, eq=False)
class Song:
    """A composed song and the truth about it.

    Parameters
    ----------
    title, key : str
        The key as "A minor".
    bpm : float
        Tempo; it does not change.
    beats, downbeats : np.ndarray [shape=(n,)]
        In seconds; four beats make a bar.
    stems : dict of str to Clip [shape=(2, n)]
        "drums", "bass", "chords", "lead", at 44.1 kHz; the mix is their sum.
    """

    title: str
    key: str
    bpm: float
    beats: NDArray[np.float64]
    downbeats: NDArray[np.float64]
    stems: dict[str, Clip]

    @property
    def mix(self) -> Clip:
        """The song, peaking at 0.89 of full scale."""
        clips = list(self.stems.values())
        return Clip(
            np.sum([clip.samples for clip in clips], axis=0, dtype=np.float32),
            clips[0].sample_rate,
        )


def compose(what: Spec | int) -> Song:
    """Compose and play a song.

    Chords go through a progression of the style, the bass and the drums follow patterns, and the
    melody is phrases that return: their strong notes belong to the chord, the rest to the
    pentatonic scale of the key.

    Parameters
    ----------
    what : Spec or int
        What is wanted, or a seed that chooses it.

    Returns
    -------
    Song
        The same for the same wish.

    Raises
    ------
    ValueError
        If the key or the style is unknown, or the tempo out of 50..200 BPM.
    """
    spec = random_spec(what) if isinstance(what, int) else what
    song = bars(spec)
    frames = round((len(song) * 4 * spec.beat + TAIL) * synth.RATE)
    stems = {name: play(spec, song, frames) for name, play in _PLAYERS.items()}
    synth.forget()
    loudest = np.abs(np.sum(list(stems.values()), axis=0)).max()
    scale = np.float32(_PEAK / loudest)
    beats = np.arange(len(song) * 4, dtype=np.float64) * spec.beat
    clips = {name: Clip(samples * scale, synth.RATE) for name, samples in stems.items()}
    return Song(spec.title, spec.key, spec.bpm, beats, beats[::4], clips)


def random_spec(seed: int) -> Spec:
    """Return the wish that a seed stands for.

    Examples
    --------
    >>> random_spec(3) == random_spec(3)
    True
    """
    rng = np.random.default_rng(seed)
    style = str(rng.choice(sorted(STYLES)))
    low, high = STYLES[style].tempo
    key = f"{rng.choice(['C', 'D', 'Eb', 'F', 'G', 'A', 'Bb'])} {STYLES[style].mode}"
    title = f"{rng.choice(_TITLES)} {seed}"
    return Spec(title, bpm=int(rng.integers(low, high + 1)), key=key, style=style, seed=seed)


def write_demo(folder: Path, *, format: str = "flac") -> list[Path]:
    """Write the demo songs as tagged files.

    Parameters
    ----------
    folder : Path
        Where to; made if it is not there.
    format : str
        A name in `audio.formats.FORMATS`.

    Returns
    -------
    list of Path
        The files, named for their songs.

    Raises
    ------
    UnknownFormat
        If there is no such format.
    """
    suffix = formats.by_name(format).suffix
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for spec in DEMO:
        path = folder / f"{spec.title}{suffix}"
        tags = {"title": spec.title, "artist": "Audiophile", "album": "Demo songs"}
        io.write(path, compose(spec).mix, format=format, tags=tags)
        paths.append(path)
    return paths


def _play_drums(spec: Spec, song: list[Bar], frames: int) -> Samples:
    track = _played(drum_line(spec, song), frames, lambda note: synth.drum(note.voice))
    return levels.soft_limit(track, ceiling=0.95, knee=0.6) * np.float32(0.8)


def _play_bass(spec: Spec, song: list[Bar], frames: int) -> Samples:
    bright = STYLES[spec.style].bright
    track = _played(
        bass_line(spec, song),
        frames,
        lambda note: synth.panned(synth.bass(note.pitches[0], note.seconds, bright), 0.0),
    )
    return track * np.float32(0.95)


def _play_chords(spec: Spec, song: list[Bar], frames: int) -> Samples:
    style = STYLES[spec.style]
    play = synth.keys if style.chords == "keys" else synth.pad
    amount = 0.6 if style.chords == "keys" else 1400 + 2600 * style.bright
    track = _played(
        chord_line(spec, song), frames, lambda note: play(note.pitches, note.seconds, amount)
    )
    return synth.room(track, 0.22)


def _play_lead(spec: Spec, song: list[Bar], frames: int) -> Samples:
    voice = STYLES[spec.style].lead
    track = _played(
        melody(spec, song),
        frames,
        lambda note: synth.panned(synth.lead(note.pitches[0], note.seconds, voice), -0.12),
    )
    return synth.room(synth.echo(track * np.float32(0.42), spec.beat * 0.75, 0.32), 0.25)


_PLAYERS: dict[str, Callable[[Spec, list[Bar], int], Samples]] = {
    "drums": _play_drums,
    "bass": _play_bass,
    "chords": _play_chords,
    "lead": _play_lead,
}


def _played(notes: list[Note], frames: int, instrument: Callable[[Note], synth.Wave]) -> Samples:
    """Lay notes on a silent tape [2, frames]."""
    tape = np.zeros((2, frames), np.float32)
    for note in notes:
        start = round(note.start * synth.RATE)
        sound = instrument(note)[:, : max(frames - start, 0)]
        tape[:, start : start + sound.shape[1]] += np.float32(note.level) * sound
    return tape
