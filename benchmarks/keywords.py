"""Keywords: sentences of espeak-ng, by two voices, clean and in noise; music beside them."""

import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from audio import io, spotting
from audio.clip import Clip
from audio.keywords import UTTERANCES, Keywords
from audio.speech import SAMPLE_RATE, is_speech
from benchmarks.rows import Row
from benchmarks.sentences import FITTED, WITH, WITHOUT
from benchmarks.timing import timed

TITLE = "ours at its threshold, beside plain pocketsphinx (keyphrase search, threshold 1e-30)"
WORDS = tuple(UTTERANCES.split(","))
VOICES = ("en-us", "en-gb")
FITTING_VOICES = ("en-us", "en-gb", "en-us+f3", "en-gb-scotland", "en-gb+m4")
NOISE = 20.0  # dB under the speech
ALARMS = 1.0  # false ones a minute that the threshold allows on the sentences it was fitted on

Spot = Callable[[Clip], Sequence[int]]


class Spoken(NamedTuple):
    """A sentence as sound, and how often each of the words is said in it."""

    clip: Clip
    said: npt.NDArray[np.int64]


class Counts(NamedTuple):
    """What was found [sentences, words], of how much, and how long that took."""

    said: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    minutes: float
    seconds: float

    def recall(self, words: Sequence[int]) -> float:
        """Share of what is said of these words that is found."""
        said, found = self.said[:, words], self.found[:, words]
        return float(np.minimum(said, found).sum() / said.sum())

    def alarms(self, words: Sequence[int]) -> float:
        """What is found of these words and not said, a minute."""
        extra = np.maximum(self.found[:, words] - self.said[:, words], 0)
        return float(extra.sum() / self.minutes)


def measure(data: Path) -> Iterator[Row]:
    """Score both on 60 sentences; then the decision between speech and music."""
    spoken = list(sentences(WITH + WITHOUT, VOICES, (None, NOISE)))
    peer, ours = _counted(plain(), spoken), _counted(our_words, spoken)
    everything = list(range(len(WORDS)))
    yield Row("recall, all words", peer.recall(everything), ours.recall(everything), goal="≥ 0.90")
    false = peer.alarms(everything), ours.alarms(everything)
    yield Row("false alarms a minute, all words", *false, goal="≤ 1")
    for number, word in enumerate(WORDS):
        yield Row(f"recall, “{word}”", peer.recall([number]), ours.recall([number]))
        false = peer.alarms([number]), ours.alarms([number])
        yield Row(f"false alarms a minute, “{word}”", *false)
    yield Row(
        "seconds a minute of speech", peer.seconds / peer.minutes, ours.seconds / ours.minutes
    )
    yield from _speech_or_music(spoken, data)


def say(text: str, voice: str, folder: Path) -> Clip:
    """Let espeak-ng say it [1, n] at 22,050 Hz; FileNotFoundError where it is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("There is no espeak-ng on this machine.")
    path = folder / "said.wav"
    subprocess.run([program, "-v", voice, "-w", str(path), text], check=True)
    return io.read(path, sample_rate=SAMPLE_RATE, channels=1)


def sentences(
    texts: Iterable[str], voices: Sequence[str], noises: Sequence[float | None]
) -> Iterator[Spoken]:
    """Have each text said by each voice, with each noise (dB under the speech)."""
    random = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        for text in texts:
            found = re.findall(r"[a-z']+", text.lower())
            said = np.array([found.count(word) for word in WORDS])
            for voice in voices:
                clip = say(text, voice, Path(folder))
                for noise in noises:
                    yield Spoken(clip if noise is None else _noisy(clip, noise, random), said)


def our_words(clip: Clip) -> Sequence[int]:
    """How many windows have each word, as the product counts."""
    model = Keywords(UTTERANCES)
    listener = model.listen()
    listener.hear(clip)
    counts: list[int] = (listener.tagging().probabilities >= model.threshold).sum(axis=0).tolist()
    return counts


def plain() -> Spot:
    """Pocketsphinx as its documentation uses it: keyphrases and one threshold."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        path.write_text("".join(f"{word} /1e-30/\n" for word in WORDS))
        decoder = Decoder(samprate=16_000, lm=None, kws=str(path), loglevel="FATAL")

    def spot(clip: Clip) -> Sequence[int]:
        spotting.decode(decoder, spotting.as_pcm(spotting.resampled(clip)))
        parts = decoder.seg() if decoder.hyp() else []
        names = [part.word.strip() for part in parts]
        return [names.count(word) for word in WORDS]

    return spot


def fitted() -> tuple[list[float], float]:
    """Fit `audio.spotting.WEIGHTS` and `BIAS` anew, on sentences that are not scored.

    The confidence 0.9 is put where, on these, there is one false alarm a minute.
    """
    rows: list[Sequence[float]] = []
    truth: list[bool] = []
    seconds = 0.0
    for number, text in enumerate(FITTED):
        voice = FITTING_VOICES[number % len(FITTING_VOICES)]
        noise = (None, NOISE)[number // len(FITTING_VOICES) % 2]
        for clip, said in sentences([text], [voice], [noise]):
            seconds += clip.seconds
            for word, best in enumerate(_best(clip)):
                rows.append(best)
                truth.append(bool(said[word]))
    model = LogisticRegression(C=10.0).fit(rows, truth)
    scores = model.decision_function(rows)
    false = np.sort(scores[~np.array(truth)])[::-1]
    edge = float(false[min(int(ALARMS * seconds / 60), len(false) - 1)])
    return model.coef_[0].tolist(), float(model.intercept_[0]) - edge + math.log(9)


def _best(clip: Clip) -> list[Sequence[float]]:
    """The numbers that speak for each word, at its likeliest place."""
    found = list(spotting.spotter(WORDS).evidence(clip))
    nothing = (spotting.RAREST, spotting.FAINTEST, 0.0)
    return [
        max((one[2:] for one in found if one.word == word), default=nothing)
        for word in range(len(WORDS))
    ]


def _counted(spot: Spot, spoken: Sequence[Spoken]) -> Counts:
    spot(spoken[0].clip)  # loads what it needs
    tried = [timed(spot, one.clip) for one in tqdm(spoken, disable=None)]
    return Counts(
        np.array([one.said for one in spoken]),
        np.array([found for found, _ in tried]),
        sum(one.clip.seconds for one in spoken) / 60,
        sum(seconds for _, seconds in tried),
    )


def _speech_or_music(spoken: Sequence[Spoken], data: Path) -> Iterator[Row]:
    """How often one is taken for the other, in excerpts of 30 s and in single sentences."""
    paths = [*(data / "gtzan" / "audio").glob("*.flac"), *(data / "music").glob("*.ogg")]
    music = [
        Clip(piece, SAMPLE_RATE)
        for path in sorted(paths)
        for piece in _pieces(io.read(path, sample_rate=SAMPLE_RATE, channels=1))
    ]
    missed = np.mean([not is_speech(one.clip) for one in spoken])
    yield Row(f"{len(spoken)} sentences taken for music", None, 100 * float(missed), "%")
    wrong = np.mean([is_speech(clip) for clip in music])
    yield Row(f"{len(music)} excerpts of music taken for speech", None, 100 * float(wrong), "%")
    _, seconds = timed(is_speech, music[0])
    yield Row("ms to tell, 30 s", None, 1000 * seconds, goal="< 20")


def _pieces(clip: Clip, seconds: float = 30.0) -> list[npt.NDArray[np.float32]]:
    length = round(seconds * clip.sample_rate)
    starts = range(0, max(1, clip.frames - length // 2), length)
    return [clip.samples[:, start : start + length] for start in starts]


def _noisy(clip: Clip, noise: float, random: np.random.Generator) -> Clip:
    level = np.sqrt(np.mean(clip.samples**2)) * 10 ** (-noise / 20)
    hiss = random.standard_normal(clip.samples.shape, np.float32)
    return Clip((clip.samples + level * hiss).astype(np.float32), clip.sample_rate)
