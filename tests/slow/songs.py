"""Songs for tests that take long: composed on the spot, all different, as long as is wanted."""

from pathlib import Path

import av
import numpy as np

from audio import io
from audio.clip import Clip
from audio.compose import compose


def write_songs(folder: Path, count: int, *, times: int = 1) -> list[Path]:
    """Write songs that each consist of one composed song some times over."""
    mix = compose(1).mix
    paths = [folder / f"song {number}.flac" for number in range(count)]
    for number, path in enumerate(paths):
        tape = np.tile(mix.samples, times) * np.float32(1 - number / 50)  # no two are alike
        io.write(path, Clip(tape, mix.sample_rate))
    return paths


def write_long_mp3(path: Path, seconds: float) -> None:
    """Write an MP3 of this length: one composed song, encoded once, its packets over and over."""
    short = path.with_name("short.mp3")
    io.write(short, compose(2).mix)
    with av.open(str(short)) as model, av.open(str(path), "w") as out:
        known = [packet for packet in model.demux(audio=0) if packet.dts is not None]
        stream = out.add_stream_from_template(model.streams.audio[0])
        contents = [bytes(packet) for packet in known]
        duration, unit = known[0].duration, known[0].time_base
        for number in range(int(seconds / (duration * unit))):
            packet = av.Packet(contents[number % len(contents)])
            packet.stream, packet.time_base = stream, unit
            packet.pts = packet.dts = number * duration
            packet.duration = duration
            out.mux(packet)
