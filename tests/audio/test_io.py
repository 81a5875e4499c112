"""Reading and writing: what goes in comes out, and bad files end in a sentence."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio import io
from audio.clip import Clip
from audio.errors import AudioError, Damaged, Empty, NotAudio, UnknownFormat


def written(folder: Path, clip: Clip, format: str) -> Path:
    path = folder / f"clip{io.FORMATS[format].suffix}"
    tags = {"title": "Ünder", "artist": "Someone", "album": "Tests"}
    io.write(path, clip, format=format, tags=tags)
    return path


@pytest.mark.parametrize("format", io.FORMATS)
def test_what_is_written_comes_back(tmp_path, tone, format):
    path = written(tmp_path, tone, format)
    back = io.read(path, sample_rate=tone.sample_rate)
    assert back.samples.shape == tone.samples.shape
    error = np.abs(back.samples - tone.samples)[:, 4000:-4000].max()
    assert error < (2**-15 if io.FORMATS[format].lossless else 0.03)


@pytest.mark.parametrize("format", io.FORMATS)
def test_the_header_says_what_the_file_is(tmp_path, tone, format):
    probe = io.probe(written(tmp_path, tone, format))
    assert probe.seconds == pytest.approx(2.0, abs=0.02)
    assert probe.channels == 2
    assert probe.title == "Ünder"
    if format != "aiff":
        assert (probe.artist, probe.album) == ("Someone", "Tests")


@pytest.mark.parametrize("format", io.FORMATS)
def test_a_whole_file_is_not_called_damaged(tmp_path, tone, format):
    decoded = io.verify(written(tmp_path, tone, format))
    assert decoded.damaged_at is None
    assert decoded.seconds == pytest.approx(2.0, abs=1e-3)
    assert decoded.not_finite == 0


def test_blocks_joined_are_the_file(tmp_path, noise):
    path = written(tmp_path, noise, "flac")
    whole = io.read(path, sample_rate=22_050, channels=1)
    parts = list(io.blocks(path, sample_rate=22_050, channels=1, block_frames=1000))
    assert {part.frames for part in parts[:-1]} == {1000}
    joined = np.concatenate([part.samples for part in parts], axis=1)
    np.testing.assert_array_equal(joined, whole.samples)
    assert whole.frames == 44_100


@pytest.mark.parametrize("source", [8_000, 44_100, 48_000, 192_000])
def test_resampling_moves_nothing_in_time(tmp_path, source):
    t = np.arange(source) / source
    io.write(tmp_path / "a.wav", Clip(np.sin(2 * np.pi * 300 * t)[None].astype("f4"), source))
    clip = io.read(tmp_path / "a.wav", sample_rate=22_050)
    expected = np.sin(2 * np.pi * 300 * np.arange(22_050) / 22_050)
    assert clip.frames == 22_050
    assert np.abs(clip.samples[0] - expected)[200:-200].max() < 1e-3


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_eight_channels_are_mixed_down(tmp_path, suffix):
    samples = np.tile(np.linspace(-0.5, 0.5, 8000), (8, 1)).T
    soundfile.write(tmp_path / f"eight.{suffix}", samples, 8_000)
    path = tmp_path / f"eight.{suffix}"
    assert io.probe(path).channels == 8
    assert io.verify(path).channels == 8
    stereo = io.read(path, sample_rate=44_100, channels=2)
    assert stereo.samples.shape == (2, 44_100)
    assert 0.2 < np.abs(stereo.samples).max() <= 0.51


def test_mp3_of_eight_channels_at_192_khz_gets_what_it_can_hold(tmp_path):
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (8, 192_000)).astype(np.float32)
    io.write(tmp_path / "wide.mp3", Clip(noise, 192_000))
    probe = io.probe(tmp_path / "wide.mp3")
    assert (probe.sample_rate, probe.channels) == (48_000, 2)


def test_what_is_no_number_is_counted_and_silenced(tmp_path):
    samples = np.full((1000, 2), 0.25, np.float32)
    samples[10:20, 0], samples[30, 1], samples[40, 1] = np.nan, np.inf, 1e30
    soundfile.write(tmp_path / "nan.wav", samples, 44_100, subtype="FLOAT")
    assert io.verify(tmp_path / "nan.wav").not_finite == 12
    clip = io.read(tmp_path / "nan.wav", sample_rate=22_050)
    assert np.isfinite(clip.samples).all()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_kind_of_number_has_the_same_full_scale(tmp_path, tone, subtype):
    soundfile.write(tmp_path / "a.wav", tone.samples.T, 44_100, subtype=subtype)
    clip = io.read(tmp_path / "a.wav")
    assert np.abs(clip.samples - tone.samples).max() < (0.01 if subtype == "PCM_U8" else 1e-4)


def test_one_sample_is_sound(tmp_path):
    io.write(tmp_path / "one.wav", Clip(np.ones((1, 1), np.float32) / 2, 44_100))
    assert io.verify(tmp_path / "one.wav").frames == 1
    assert io.read(tmp_path / "one.wav", channels=2).samples.shape == (2, 1)


@pytest.mark.parametrize("format", ["mp3", "flac", "wav", "opus", "aiff"])
def test_a_truncated_file_is_used_up_to_where_it_breaks(tmp_path, noise, format):
    path = written(tmp_path, noise, format)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    decoded = io.verify(path)
    assert decoded.damaged_at == pytest.approx(decoded.seconds)
    assert 0.5 < decoded.damaged_at < 1.6
    assert io.read(path).seconds == pytest.approx(decoded.seconds, abs=0.001)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_of_unknown_length_is_read_to_its_end(tmp_path, noise, size):
    path = written(tmp_path, noise, "wav")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    path.write_bytes(data[:at] + size.to_bytes(4, "little") + data[at + 4 :])
    decoded = io.verify(path)
    assert (decoded.frames, decoded.damaged_at) == (noise.frames, None)


def test_a_hole_in_the_middle_does_not_end_the_song(tmp_path, noise):
    path = written(tmp_path, noise, "m4a")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 900] = bytes(900)
    path.write_bytes(data)
    assert io.read(path).seconds == pytest.approx(2.0, abs=0.05)


def test_files_laid_end_to_end_play_one_after_the_other(tmp_path, noise):
    path = written(tmp_path, noise, "opus")
    path.write_bytes(path.read_bytes() * 2)
    assert io.verify(path).seconds == pytest.approx(4.0, abs=0.1)


BAD = {
    "empty": (b"", Empty),
    "text": (b"This is a letter to my aunt. " * 400, NotAudio),
    "zeros": (bytes(50_000), NotAudio),
    "junk": (np.random.default_rng(1).bytes(50_000), NotAudio),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(2000), NotAudio),
    "playlist": (b"#EXTM3U\n#EXTINF:9,\n/etc/hostname\n#EXT-X-ENDLIST\n", NotAudio),
    "beginning": (b"fLaC" + bytes(2000), AudioError),
    "mp4 head": (b"\0\0\0 ftypM4A " + bytes(2000), Damaged),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("suffix", ["mp3", "wav", "bin"])
def test_what_is_no_audio_is_refused_in_a_sentence(tmp_path, name, suffix):
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(BAD[name][0])
    for use in (io.probe, io.verify, io.read):
        with pytest.raises(BAD[name][1]) as caught:
            use(path)
        assert str(caught.value).endswith(".")


def test_a_file_without_samples_is_empty(tmp_path):
    io.write(tmp_path / "none.wav", Clip(np.zeros((1, 0), np.float32), 44_100))
    with pytest.raises(Empty):
        io.verify(tmp_path / "none.wav")


@pytest.mark.parametrize("name", ["🎸 söng.flac", "concat:a.flac", "a%b?.flac", "-o.flac"])
def test_odd_names_are_only_names(tmp_path, monkeypatch, noise, name):
    monkeypatch.chdir(tmp_path)
    io.write(Path(name), noise)
    assert io.probe(Path(name)).seconds == pytest.approx(2.0)


def test_a_format_nobody_knows_is_refused(tmp_path, noise):
    with pytest.raises(UnknownFormat):
        io.write(tmp_path / "a.xyz", noise)


def test_nothing_appears_when_writing_fails(tmp_path, noise):
    path = tmp_path / "a.flac"
    with (
        pytest.raises(RuntimeError),
        io.Writer(path, sample_rate=44_100, channels=2) as writer,
    ):
        writer.write(noise)
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_writer_takes_only_what_fits(tmp_path, noise):
    with (
        pytest.raises(ValueError, match="do not fit"),
        io.Writer(tmp_path / "a.flac", sample_rate=48_000, channels=2) as writer,
    ):
        writer.write(noise)


def test_what_a_report_raises_goes_through(tmp_path, noise):
    class Cancelled(Exception):
        pass

    def cancel(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        io.verify(written(tmp_path, noise, "flac"), report=cancel)


def test_real_files_are_whole(shared):
    for path in sorted((shared / "data" / "clips").glob("*.*")):
        if path.suffix in (".beats", ".json"):
            continue
        decoded = io.verify(path)
        probe = io.probe(path)
        assert decoded.damaged_at is None, path.name
        assert decoded.seconds == pytest.approx(probe.seconds, abs=0.1), path.name
