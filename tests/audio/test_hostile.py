"""Files that lie, lead elsewhere or never end are refused in a sentence."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from audio import io
from audio.clip import Clip
from audio.errors import AudioError, NotAudio, TooLong


def wav(path: Path, *, channels: int = 2, rate: int = 44_100, bits: int = 16) -> Path:
    """A WAV with such a header before some noise."""
    align = channels * bits // 8
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * align & 0xFFFFFFFF, align, bits)
    noise = np.random.default_rng(1).integers(-9000, 9000, 40_000, np.int16).tobytes()
    start = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(noise), b"WAVE", b"fmt ", len(head))
    path.write_bytes(start + head + struct.pack("<4sI", b"data", len(noise)) + noise)
    return path


@pytest.mark.parametrize("rate", [1, 7, 999, 768_001, 2**31 - 1])
def test_rates_that_no_sound_has_are_refused(rate, tmp_path):
    """Converting them would take memory without end."""
    with pytest.raises(NotAudio):
        io.probe(wav(tmp_path / "rate.wav", rate=rate))


def test_more_channels_than_fit_are_refused_with_their_number(tmp_path):
    with pytest.raises(NotAudio, match="has 65 channels"):
        io.probe(wav(tmp_path / "channels.wav", channels=65))


def test_many_channels_come_in_shorter_blocks(tmp_path):
    blocks = list(io.blocks(wav(tmp_path / "wide.wav", channels=64)))
    assert all(block.samples.size <= 8 * 441_000 for block in blocks)


@pytest.mark.parametrize("bits", [0, 65535])
def test_a_codec_that_nobody_knows_is_refused(bits, tmp_path):
    with pytest.raises(NotAudio):
        io.probe(wav(tmp_path / "bits.wav", bits=bits))


def test_sixty_four_bits_are_read(tmp_path):
    assert io.read(wav(tmp_path / "wide.wav", bits=64)).frames == 5_000


def test_sound_that_goes_on_is_stopped_whatever_the_header_says(tmp_path):
    path = tmp_path / "bomb.flac"
    io.write(path, Clip(np.zeros((1, 8000 * 30), np.float32), 8000))
    content = bytearray(path.read_bytes())
    content[21:26] = bytes([content[21] & 0xF0]) + (8000).to_bytes(4, "big")
    path.write_bytes(content)
    assert io.probe(path).seconds == pytest.approx(1.0)
    assert io.verify(path, longest=30.0).seconds == pytest.approx(30.0)
    with pytest.raises(TooLong, match="longer than 0 minutes"):
        io.verify(path, longest=10.0)


def test_a_playlist_leads_nowhere(tmp_path):
    other = wav(tmp_path / "other.wav")
    for number, text in enumerate((
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{other}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{other}'\n",
        f"ffconcat version 1.0\nfile 'subfile,,start,0,end,999,,:{other}'\n",
    )):  # fmt: skip
        path = tmp_path / f"list-{number}.mp3"
        path.write_text(text)
        with pytest.raises(NotAudio):
            io.probe(path)


@pytest.mark.parametrize("kept", [40, 120, 400])
def test_a_header_without_the_rest_is_the_recordings_fault(kept, tmp_path):
    """FFmpeg calls some of them errors of input and output, which would be ours."""
    path = tmp_path / "whole.mka"
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), "flt", "mono")
        frame.sample_rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(AudioError):
        io.verify(path)
