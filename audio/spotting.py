"""Words spotted in a few seconds of English speech: two searches of pocketsphinx, agreeing."""

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from pocketsphinx import Decoder
from scipy.signal import resample_poly

from audio.clip import Clip, Samples
from audio.pronunciation import pronunciations

SAMPLE_RATE = 16_000  # Hz, of the acoustic model
FRAMES = 100  # a second
LEVEL = 0.05  # RMS that everything is played at
HISS = 45.0  # dB under it; the digital silence of synthesised speech confuses the model
EDGE = 0.25  # s of hiss before and after
LOOSEST = 1e-60  # of a keyphrase: everything passes, and is weighed afterwards
LOOP = 1e-6  # how readily the keyphrase search falls back on the loop of all phones
LOG_BASE = math.log(1.0001)  # of pocketsphinx
SAME = 0.12  # s; two beginnings nearer to each other are one
NEAR = 0.2  # s by which both searches may differ
RAREST = -12.0  # natural logarithm of a posterior; what is not in the lattice at all
FAINTEST = -3.0  # thousands of the keyphrase search's units

WEIGHTS = (0.2154, 0.5768, 2.443)
BIAS = 1.121


class Said(NamedTuple):
    """A word (its number), the second at which it begins, and how sure that is (0..1)."""

    word: int
    second: float
    confidence: float


class Evidence(NamedTuple):
    """What speaks for a word that may begin at a second.

    The natural logarithm of its posterior, the log-likelihood ratio of the keyphrase (thousands
    of pocketsphinx's units), and 1 where the word is in the likeliest sentence, else 0.
    """

    word: int
    second: float
    posterior: float
    ratio: float
    chosen: float


@lru_cache(maxsize=4)
def spotter(words: tuple[str, ...]) -> "Spotter":
    """The spotter of these words; loading one takes half a second, so a few are kept."""
    return Spotter(words)


class Spotter:
    """Spots words in speech.

    Two searches hear the same sound with the same acoustic model. The keyphrase search compares
    each word with a loop of all phones; it is quick, and confuses short words with everything.
    The decoding with a vocabulary and a language model then makes a lattice, in which the words
    compete with all others that are likely there. The confidence comes from both:

        p = 1 / (1 + exp(-(a log posterior + b log-likelihood ratio + c chosen + d)))

    with `chosen` 1 if the word is in the likeliest sentence, and a to d fitted on sentences
    spoken by espeak-ng: 0.9 is where there was one false alarm a minute (`benchmarks.keywords`).

    Parameters
    ----------
    words : sequence of str
        Words or phrases for which `audio.pronunciation` knows how they sound.

    References
    ----------
    Huggins-Daines et al., "PocketSphinx: a free, real-time continuous speech recognition system
    for hand-held devices", ICASSP 2006, with the English model of its wheel.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._tokens = [word.replace(" ", "_") for word in words]
        self._folder = TemporaryDirectory(prefix="audiophile-words-")
        self._phrases = Decoder(samprate=SAMPLE_RATE, lm=None, kws_plp=LOOP, loglevel="FATAL")
        self._language = Decoder(samprate=SAMPLE_RATE, fwdflat=False, loglevel="FATAL")
        lines = [f"{name} /{LOOSEST}/" for name in self._taught(words)]
        phrases = self._file("phrases.txt")
        phrases.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._phrases.add_kws("words", str(phrases))
        self._phrases.activate_search("words")

    def spot(self, clip: Clip) -> list[Said]:
        """Find where the words are said.

        Parameters
        ----------
        clip : Clip [shape=(1, n)]
            A few seconds of speech, of any sample rate; cut in pauses.

        Returns
        -------
        list of Said
            Everything that is remotely possible; confidences tell.
        """
        return [Said(one.word, one.second, _confidence(one)) for one in self.evidence(clip)]

    def evidence(self, clip: Clip) -> Iterator[Evidence]:
        """Yield what speaks for each word wherever it is possible; see `spot`."""
        if not clip.samples.any():
            return
        sound = as_pcm(_prepared(resampled(clip)))
        ratios = list(self._ratios(sound))
        for word, second, posterior in self._posteriors(sound):
            begin = max(0.0, second - EDGE)
            if begin < clip.seconds:
                ratio = _at(ratios, word, second)
                chosen = float(any(abs(at - second) < SAME for at in self._chosen(word)))
                yield Evidence(word, begin, max(posterior, RAREST), ratio, chosen)

    def _ratios(self, sound: bytes) -> Iterator[tuple[int, float, float, float]]:
        """Word, beginning and end (s), log-likelihood ratio of what the keyphrases match."""
        decode(self._phrases, sound)
        for part in self._phrases.seg() or [] if self._phrases.hyp() else []:
            name = _base(part.word)
            ratio = math.log(max(part.prob, 1e-300)) / LOG_BASE / 1000
            yield (
                self._tokens.index(name),
                part.start_frame / FRAMES,
                part.end_frame / FRAMES,
                ratio,
            )

    def _chosen(self, word: int) -> list[float]:
        """Where a word begins in the likeliest sentence (s)."""
        parts = self._language.seg() or []
        name = self._tokens[word]
        return [part.start_frame / FRAMES for part in parts if _base(part.word) == name]

    def _posteriors(self, sound: bytes) -> list[tuple[int, float, float]]:
        """Word, beginning (s) and log posterior of the words in the lattice, one a place."""
        decode(self._language, sound)
        if not self._language.hyp():  # which also makes the lattice's figures posteriors
            return []
        lattice = self._language.get_lattice()
        path = self._file("lattice.htk")
        lattice.write_htk(str(path))
        found = _links(path.read_text(encoding="utf-8"), self._tokens)
        best = []
        while found:
            word, second, _ = max(found, key=lambda link: link[2])
            same = [one for one in found if one[0] == word and abs(one[1] - second) < SAME]
            best.append((word, second, math.log(max(sum(one[2] for one in same), 1e-12))))
            found = [one for one in found if one not in same]
        return best

    def _taught(self, words: Sequence[str]) -> Iterator[str]:
        """Teach both decoders all pronunciations; yield the names under which they know them."""
        for token, word in zip(self._tokens, words, strict=True):
            for number, phones in enumerate(pronunciations(word), start=1):
                name = token if number == 1 else f"{token}({number})"
                for decoder in (self._phrases, self._language):
                    if decoder.lookup_word(name) is None:
                        decoder.add_word(name, " ".join(phones), update=True)
                yield name

    def _file(self, name: str) -> Path:
        return Path(self._folder.name) / name


def resampled(clip: Clip) -> Samples:
    """The first channel of a clip [n] at 16 kHz."""
    samples: Samples = clip.samples[0]
    if clip.sample_rate != SAMPLE_RATE:
        divisor = math.gcd(clip.sample_rate, SAMPLE_RATE)
        up, down = SAMPLE_RATE // divisor, clip.sample_rate // divisor
        samples = resample_poly(samples, up, down).astype(np.float32)
    return samples


def as_pcm(samples: Samples) -> bytes:
    """Samples [n] as the 16-bit integers that pocketsphinx wants."""
    return (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()


def decode(decoder: Any, sound: bytes) -> None:
    """Let a decoder of pocketsphinx hear an utterance, forgetting the noise of the one before."""
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(sound, no_search=False, full_utt=True)
    decoder.end_utt()


def _prepared(samples: Samples) -> Samples:
    """The sound at one level, with a little hiss in and around it."""
    rms = math.sqrt(float(np.mean(samples.astype(np.float64) ** 2)))
    samples = np.pad(samples * (LEVEL / max(rms, 1e-9)), round(EDGE * SAMPLE_RATE))
    hiss = np.random.default_rng(0).standard_normal(len(samples), np.float32)
    return (samples + hiss * np.float32(LEVEL * 10 ** (-HISS / 20))).astype(np.float32)


def _links(lattice: str, tokens: Sequence[str]) -> list[tuple[int, float, float]]:
    """Word, beginning (s) and posterior of each of our words' nodes in a lattice (HTK format)."""
    nodes: dict[str, tuple[int, float]] = {}
    chances: dict[str, float] = {}
    for line in lattice.splitlines():
        if line[:2] == "I=":
            values = _values(line)
            name = _base(values["W"])
            if name in tokens:
                nodes[values["I"]] = (tokens.index(name), float(values["t"]))
        elif line[:2] == "J=":
            values = _values(line)
            if values["S"] in nodes:
                chances[values["S"]] = chances.get(values["S"], 0.0) + float(values["p"])
    return [(*nodes[node], chance) for node, chance in chances.items()]


def _values(line: str) -> dict[str, str]:
    return dict(field.split("=", 1) for field in line.split("\t"))


def _base(name: str) -> str:
    """The word without the number of its pronunciation."""
    return re.sub(r"\(\d+\)$", "", name.strip())


def _at(ratios: Sequence[tuple[int, float, float, float]], word: int, second: float) -> float:
    """The best ratio that the keyphrase search gave a word there."""
    there = [
        ratio for one, begin, end, ratio in ratios if one == word and begin - NEAR < second < end
    ]
    return max(there, default=FAINTEST)


def _confidence(one: Evidence) -> float:
    score = float(np.dot(WEIGHTS, one[2:])) + BIAS
    return 1 / (1 + math.exp(-score))
