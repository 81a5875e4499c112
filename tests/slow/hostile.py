"""Files made to hurt: seeded mutations of good ones, and some built by hand."""

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

RATE = 44_100
CONTAINERS = [  # suffix, FFmpeg's name of the container, codec, sample format
    (".mka", "matroska", "libopus", "flt"), (".aac", "adts", "aac", "fltp"),
    (".caf", "caf", "pcm_s16be", "s16"), (".au", "au", "pcm_s16be", "s16"),
    (".avi", "avi", "pcm_s16le", "s16"), (".mov", "mov", "alac", "s16p"),
    (".wma", "asf", "wmav2", "fltp"), (".tta", "tta", "tta", "s16"),
    (".w64", "w64", "pcm_s24le", "s32"), (".wv", "wv", "wavpack", "s16p"),
    (".ts", "mpegts", "mp2", "s16"), (".flv", "flv", "libmp3lame", "fltp"),
    (".ac3", "ac3", "ac3", "fltp"), (".mp3", "mp3", "libmp3lame", "fltp"),
    (".flac", "flac", "flac", "s16"), (".wav", "wav", "pcm_s16le", "s16"),
    (".m4a", "ipod", "aac", "fltp"), (".ogg", "ogg", "libopus", "flt"),
    (".aiff", "aiff", "pcm_s16be", "s16"), (".voc", "voc", "pcm_u8", "u8"),
    (".rm", "rm", "ac3", "fltp"), (".dts", "dts", "dca", "s32"),
]  # fmt: skip
EXTREMES = (0, 1, 0x7F, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)

Bytes = bytearray
Mutation = Callable[[Bytes, random.Random], bytes]


def write_good(folder: Path, seconds: float = 2.0) -> list[Path]:
    """A short sound in every container that this FFmpeg can write."""
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, len(t))
    sound = (np.sin(2 * np.pi * 220 * t) * 0.3 + noise).astype(np.float32)
    written = []
    for suffix, container, codec, sample_format in CONTAINERS:
        path = folder / f"good{suffix}"
        try:
            _encode(path, container, codec, sample_format, sound)
        except (av.FFmpegError, ValueError):
            path.unlink(missing_ok=True)
        else:
            written.append(path)
    return written


def _encode(path: Path, container: str, codec: str, sample_format: str, sound) -> None:
    with av.open(str(path), "w", format=container, options={"strict": "-2"}) as out:
        rate = 48_000 if codec == "libopus" else RATE
        stream = out.add_stream(codec, rate=rate, options={"strict": "-2"})  # type: ignore[call-overload]
        stream.layout, stream.format = "stereo", sample_format
        frame = av.AudioFrame.from_ndarray(np.stack([sound] * 2), "fltp", "stereo")
        frame.sample_rate = RATE
        for resampled in av.AudioResampler(sample_format, "stereo", rate).resample(frame):
            out.mux(stream.encode(resampled))
        out.mux(stream.encode(None))


def mutants(good: list[Path], each: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many broken ones of each file, by name; the same every time."""
    kinds = list(MUTATIONS.items())
    for path in good:
        content = path.read_bytes()[:400_000]
        for number in range(each):
            name, mutation = kinds[number % len(kinds)]
            chance = random.Random(f"{seed} {path.name} {number}")
            yield f"{path.stem}-{name}-{number}{path.suffix}", mutation(Bytes(content), chance)


def _flip(content: Bytes, chance: random.Random, first: int, count: int) -> bytes:
    for _ in range(count):
        content[chance.randrange(min(first, len(content)))] ^= 1 << chance.randrange(8)
    return bytes(content)


def _lengths(content: Bytes, chance: random.Random) -> bytes:
    """Numbers in the header become very large, or nothing."""
    for _ in range(3):
        at = chance.randrange(4, min(400, len(content) - 4))
        order = chance.choice("<>")
        content[at : at + 4] = struct.pack(f"{order}I", chance.choice(EXTREMES))
    return bytes(content)


def _cut(content: Bytes, chance: random.Random, most: int) -> bytes:
    return bytes(content[: chance.randrange(1, min(most, len(content)))])


def _shuffled(content: Bytes, chance: random.Random) -> bytes:
    size = max(64, len(content) // 40)
    blocks = [content[at : at + size] for at in range(0, len(content), size)]
    head, rest = blocks[:1], blocks[1:]
    chance.shuffle(rest)
    return b"".join([*head, *rest])


def _repeated(content: Bytes, chance: random.Random) -> bytes:
    """The header again and again, as chained and nested files have it."""
    head = content[: chance.randrange(32, 2048)]
    return bytes(head * 200 + content)


def _holed(content: Bytes, chance: random.Random) -> bytes:
    start = chance.randrange(16, len(content) // 2)
    return bytes(content[:start] + content[start + chance.randrange(1, 4000) :])


def _garbage(content: Bytes, chance: random.Random) -> bytes:
    head = chance.randrange(16, 600)
    return bytes(content[:head]) + chance.randbytes(len(content) - head)


def _zeros(content: Bytes, chance: random.Random) -> bytes:
    start = chance.randrange(16, len(content) // 2)
    return bytes(content[:start]) + bytes(len(content) - start)


MUTATIONS: dict[str, Mutation] = {
    "header-bits": lambda content, chance: _flip(content, chance, 256, 12),
    "lengths": _lengths,
    "cut-header": lambda content, chance: _cut(content, chance, 400),
    "bits": lambda content, chance: _flip(content, chance, len(content), 300),
    "cut": lambda content, chance: _cut(content, chance, len(content)),
    "garbage": _garbage,
    "lengths-2": _lengths,
    "shuffled": _shuffled,
    "repeated": _repeated,
    "holed": _holed,
    "zeros": _zeros,
    "header-bits-2": lambda content, chance: _flip(content, chance, 64, 3),
}
