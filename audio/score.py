"""What our own composer writes: bars, chords, patterns and phrases, before they are played."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_TONICS = {"C": 0, "Db": 1, "C#": 1, "D": 2, "Eb": 3, "D#": 3, "E": 4, "F": 5, "F#": 6, "Gb": 6,
           "G": 7, "Ab": 8, "G#": 8, "A": 9, "Bb": 10, "A#": 10, "B": 11}  # fmt: skip
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PENTATONIC = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}
_LEVELS = {"X": 1.0, "x": 0.8, "o": 0.5, "-": 0.28}


@dataclass(frozen=True)
class Style:
    """A way to play: patterns of sixteen steps (X x o - from loud to soft), sounds, habits."""

    mode: str
    tempo: tuple[int, int]
    form: tuple[tuple[str, int], ...]  # section, bars
    verse: tuple[int, ...]  # degrees, one chord a bar; 0 is the tonic
    chorus: tuple[int, ...]
    drums: dict[str, dict[str, str]]  # section -> drum -> pattern
    bass: dict[str, str]  # section -> pattern; a number is a step above the root in fifths
    comping: dict[str, str]  # section -> where chords are struck
    phrases: tuple[str, ...]  # rhythms of the melody over two bars, in eighths
    chords: str
    lead: str
    sevenths: bool = False
    swing: float = 0.0  # of a sixteenth step, later
    bright: float = 0.5


STYLES: dict[str, Style] = {
    "pop": Style(
        mode="major",
        tempo=(88, 112),
        form=(("intro", 2), ("verse", 4), ("chorus", 4), ("chorus", 4), ("ending", 1)),
        verse=(0, 4, 5, 3),
        chorus=(3, 4, 0, 5),
        drums={
            "intro": {"hat": "x.o.x.o.x.o.x.o.", "kick": "X...............", "shaker": "-" * 16},
            "verse": {
                "kick": "X.....o.X.......", "snare": "....X.......X...",
                "hat": "x.o.x.o.x.o.x.o.",
            },
            "chorus": {
                "kick": "X.....x.X.x.....", "snare": "....X.......X..-",
                "hat": "x.o.x.o.x.o.x...", "open": "..............o.", "shaker": "-o-o" * 4,
            },
            "ending": {"kick": "X...............", "crash": "x..............."},
        },
        bass={
            "verse": "0.....0.0...0.1.", "chorus": "0.0.0.0.0.0.1.1.", "ending": "0" + "." * 15,
        },
        comping={
            "intro": "x" + "." * 15, "verse": "x.....o.....o...", "chorus": "x..o..o.x..o..o.",
            "ending": "x" + "." * 15,
        },
        phrases=("x.xx.x..x.x.x...", "x..xx.x.x.......", "..xxx.x.x.xxx..."),
        chords="keys",
        lead="pluck",
        bright=0.5,
    ),
    "house": Style(
        mode="minor",
        tempo=(118, 128),
        form=(
            ("intro", 2), ("verse", 4), ("chorus", 4), ("break", 2), ("chorus", 4), ("ending", 1),
        ),
        verse=(0, 5, 2, 6),
        chorus=(0, 5, 3, 6),
        drums={
            "intro": {"kick": "X...X...X...X...", "hat": "..o...o...o...o."},
            "verse": {
                "kick": "X...X...X...X...", "hat": "--o---o---o---o-", "clap": "....x.......x...",
            },
            "chorus": {
                "kick": "X...X...X...X...", "open": "..x...x...x...x.", "hat": "o-.-o-.-o-.-o-.-",
                "clap": "....X.......X...", "snare": "...............-",
            },
            "break": {"hat": "..o...o...o...o.", "snare": "........-.-.-o-o"},
            "ending": {"kick": "X...............", "crash": "x..............."},
        },
        bass={
            "verse": "..0...0...0...0.", "chorus": "..0.0.0...0.0.2.", "ending": "0" + "." * 15,
        },
        comping={
            "intro": "x" + "." * 15, "verse": "x" + "." * 15, "chorus": "x..x..x...x..x..",
            "break": "x" + "." * 15, "ending": "x" + "." * 15,
        },
        phrases=("x..x..x.x...x.x.", "x.xx..x.x.......", "x..x..x.xx.xx..."),
        chords="pad",
        lead="synth",
        bright=0.8,
    ),
    "soul": Style(
        mode="minor",
        tempo=(70, 84),
        form=(("intro", 2), ("verse", 4), ("chorus", 4), ("ending", 1)),
        verse=(0, 3, 6, 2),
        chorus=(5, 6, 0, 0),
        drums={
            "intro": {"hat": "o.o.o.o.o.o.o.o.", "kick": "x.......o......."},
            "verse": {
                "kick": "X......o..x.....", "snare": "....X..-.-..X...",
                "hat": "x.o-x.o.x.o-x.o.",
            },
            "chorus": {
                "kick": "X.....xo..x....-", "snare": "....X..-.-..X..-",
                "hat": "x-o-x.o-x-o-x...", "open": "..............o.",
            },
            "ending": {"kick": "X...............", "crash": "o..............."},
        },
        bass={
            "verse": "0......0..0...1.", "chorus": "0.....00..2.1.0.", "ending": "0" + "." * 15,
        },
        comping={
            "intro": "x" + "." * 15, "verse": "x......o..o.....", "chorus": "x..o...x..o..o..",
            "ending": "x" + "." * 15,
        },
        phrases=("..xx.xx.x.......", "x.x.xx..x..x....", "..xxx..xx.......")   ,
        chords="keys",
        lead="flute",
        sevenths=True,
        swing=0.32,
        bright=0.35,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """What song is wanted: tempo in BPM, key as "A minor", style a name in `STYLES`."""

    title: str
    bpm: float
    key: str
    style: str
    seed: int = 0

    def __post_init__(self) -> None:
        tonic, _, mode = self.key.partition(" ")
        if tonic not in _TONICS or mode not in _SCALES:
            raise ValueError(f"“{self.key}” is not a key like “A minor”.")
        if self.style not in STYLES:
            raise ValueError(f"“{self.style}” is not a style: {', '.join(STYLES)}.")
        if not 50 <= self.bpm <= 200:
            raise ValueError(f"A tempo is 50 to 200 BPM, not {self.bpm}.")

    @property
    def beat(self) -> float:
        """Length of a beat in seconds."""
        return 60 / self.bpm

    @property
    def tonic(self) -> int:
        """Pitch class of the tonic; 0 is C."""
        return _TONICS[self.key.split()[0]]

    @property
    def mode(self) -> str:
        """Either "major" or "minor"."""
        return self.key.split()[1]


@dataclass(frozen=True)
class Bar:
    """One bar: its section, its start in seconds, and its chord as pitch classes, root first."""

    section: str
    first: bool  # of its section
    last: bool
    start: float
    chord: tuple[int, ...]


@dataclass(frozen=True)
class Note:
    """A note, a chord or a hit: seconds, MIDI pitches, level (linear), for drums which one."""

    start: float
    seconds: float
    pitches: tuple[int, ...] = ()
    level: float = 1.0
    voice: str = ""


def bars(spec: Spec) -> list[Bar]:
    """Return the bars of a song, in order."""
    style = STYLES[spec.style]
    song: list[Bar] = []
    for section, count in style.form:
        degrees = style.chorus if section == "chorus" else style.verse
        if section == "ending":
            degrees = (0,)
        for index in range(count):
            chord = _chord(spec, degrees[index % len(degrees)])
            start = len(song) * 4 * spec.beat
            song.append(Bar(section, index == 0, index == count - 1, start, chord))
    return song


def drum_line(spec: Spec, song: list[Bar]) -> list[Note]:
    """Return every hit: the section's pattern, a crash on its first beat, a fill on its last."""
    notes = []
    for bar in song:
        patterns = dict(STYLES[spec.style].drums[bar.section])
        if bar.first and bar.section == "chorus":
            patterns["crash"] = "o..............."
        if bar.last and bar.section in ("verse", "chorus"):
            patterns["snare"] = patterns.get("snare", "." * 16)[:12] + "o.xx"
        for drum, pattern in patterns.items():
            for step, mark in _struck(pattern):
                start = bar.start + _moment(spec, step)
                notes.append(Note(start, 0.0, level=_LEVELS[mark], voice=drum))
    return notes


def bass_line(spec: Spec, song: list[Bar]) -> list[Note]:
    """Return the bass: each note lasts until the next, the digit says root, octave or fifth."""
    notes = []
    for bar in song:
        pattern = STYLES[spec.style].bass.get(bar.section, "")
        root = 28 + (bar.chord[0] - 28) % 12
        for step, mark, end in _lasting(pattern):
            pitch = root + {"0": 0, "1": 12, "2": 7}[mark]
            seconds = round((end - step) * spec.beat / 4 * 0.92, 4)
            notes.append(Note(bar.start + _moment(spec, step), seconds, (pitch,)))
    return notes


def chord_line(spec: Spec, song: list[Bar]) -> list[Note]:
    """Return the chords, voiced so that they move little."""
    notes = []
    for bar in song:
        pattern = STYLES[spec.style].comping[bar.section]
        voicing = tuple(sorted(54 + (tone - 54) % 12 for tone in bar.chord))
        for step, mark, end in _lasting(pattern):
            seconds = (end - step) * spec.beat / 4 + (2.0 if bar.section == "ending" else 0.05)
            start = bar.start + _moment(spec, step)
            notes.append(Note(start, round(seconds, 4), voicing, _LEVELS[mark]))
    return notes


def melody(spec: Spec, song: list[Bar]) -> list[Note]:
    """Return the melody: two-bar phrases in the order a a b a, with the last note long."""
    rng = np.random.default_rng(spec.seed)
    style = STYLES[spec.style]
    contours = [_contour(rng) for _ in style.phrases]
    notes: list[Note] = []
    sung = [bar for bar in song if bar.section in ("verse", "chorus")]
    for index in range(0, len(sung) - 1, 2):
        which = (0, 1, 0, 2, 1, 2)[index // 2 % 6] % len(style.phrases)
        lift = 4 if sung[index].section == "chorus" else 0
        phrase = _phrase(
            spec, sung[index : index + 2], style.phrases[which], contours[which], lift
        )
        notes += phrase
    end = song[-1]
    tonic = _nearest(notes[-1].pitches[0] if notes else 72, (spec.tonic,))
    return [*notes, Note(end.start, round(3 * spec.beat, 4), (tonic,), 0.9)]


def _phrase(
    spec: Spec, pair: list[Bar], rhythm: str, contour: tuple[int, ...], lift: int
) -> list[Note]:
    """Two bars of melody: chord notes on the beat, pentatonic steps between."""
    scale = tuple((spec.tonic + tone) % 12 for tone in _PENTATONIC[spec.mode])
    notes: list[Note] = []
    for index, (step, _, end) in enumerate(_lasting(rhythm)):
        bar = pair[step // 8]
        strong = step % 2 == 0 or end - step > 1
        target = 72 + lift + contour[index % len(contour)]
        pitch = _nearest(target, bar.chord[:3] if strong else scale)
        seconds = round(min(end - step, 4) * spec.beat / 2 * 0.95, 4)
        start = bar.start + _moment(spec, step % 8 * 2)
        notes.append(Note(start, seconds, (pitch,), 1.0 if step % 4 == 0 else 0.8))
    return notes


def _contour(rng: np.random.Generator) -> tuple[int, ...]:
    """A line that wanders by small steps and comes home, in semitones."""
    steps = rng.choice([-3, -2, 2, 3], size=7)
    line = np.clip(np.cumsum(steps), -5, 7)
    return (0, *(int(value) for value in line))


def _chord(spec: Spec, degree: int) -> tuple[int, ...]:
    """Pitch classes of the chord on a degree of the key, root first."""
    scale = _SCALES[spec.mode]
    size = 4 if STYLES[spec.style].sevenths else 3
    return tuple((spec.tonic + scale[(degree + 2 * i) % 7]) % 12 for i in range(size))


def _nearest(target: int, classes: tuple[int, ...]) -> int:
    """The pitch nearest to a target among pitch classes; the higher of two equally near."""
    return max(
        (pitch for pitch in range(target - 11, target + 12) if pitch % 12 in classes),
        key=lambda pitch: (-abs(pitch - target), pitch),
    )


def _moment(spec: Spec, step: int) -> float:
    """When a sixteenth comes after the start of its bar, in seconds; every second one swings."""
    late = STYLES[spec.style].swing if step % 2 else 0.0
    return (step + late) * spec.beat / 4


def _struck(pattern: str) -> Iterator[tuple[int, str]]:
    """The steps of a pattern that are not rests."""
    return ((step, mark) for step, mark in enumerate(pattern) if mark != ".")


def _lasting(pattern: str) -> Iterator[tuple[int, str, int]]:
    """The same with the step at which the next one comes, or the pattern is over."""
    return (
        (step, mark, end)
        for (step, mark), (end, _) in pairwise([*_struck(pattern), (len(pattern), "")])
    )
