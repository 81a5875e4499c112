"""Files built by hand to make a reader open other files, wait, or fill the memory."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np


def lures(canary: Path, url: str) -> Iterator[tuple[str, bytes]]:
    """Playlists, pictures and films that name another file and an address, as songs."""
    texts = _texts(str(canary), url)
    for name, text in texts.items():
        for suffix in (".mp3", ".wav"):
            yield f"{name}{suffix}", text.encode()
        yield f"{name}-tagged.mp3", _id3(b"") + text.encode()
    song = canary.with_name("inside.mp3").read_bytes()
    for name, text in texts.items():
        yield f"{name}-before-a-song.mp3", text.encode() + song
    yield "reference-movie.mov", _reference_movie(str(canary), url)
    yield "data-reference.m4a", _data_reference(canary)
    yield "reference.asf", f"[Reference]\r\nRef1={url}/a.mp3\r\nRef2=file://{canary}\r\n".encode()


def _texts(path: str, url: str) -> dict[str, str]:
    names = {"file": f"file://{path}", "path": path, "http": f"{url}/song.mp3"}
    texts = {
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/a.png"/></svg>',
        "html": f'<html><audio src="{url}/a.mp3" autoplay></audio><script src="{url}/a.js">',
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
        "rtsp": f"rtsptext\n{url.replace('http', 'rtsp')}/a\n",
        "key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n#EXTINF:9,\n{path}\n',
        "map": f'#EXTM3U\n#EXT-X-MAP:URI="file://{path}"\n#EXTINF:9,\na.mp4\n#EXT-X-ENDLIST\n',
        "doctype": f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{path}">]><MPD>&b;</MPD>',
        "imf": f'<AssetMap><Path>{path}</Path></AssetMap><CompositionPlaylist/>',
        "lavfi": "sine=frequency=440:duration=3",
    }  # fmt: skip
    for kind, name in names.items():
        texts |= {
            f"m3u-{kind}": f"#EXTM3U\n#EXTINF:9,song\n{name}\n",
            f"hls-{kind}": f"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9,\n{name}\n#EXT-X-ENDLIST\n",
            f"concat-{kind}": f"ffconcat version 1.0\nfile '{name}'\n",
            f"subfile-{kind}": f"ffconcat version 1.0\nfile 'subfile,,start,0,end,999,,:{name}'\n",
            f"pls-{kind}": f"[playlist]\nFile1={name}\nNumberOfEntries=1\n",
            f"mpd-{kind}": _dash(name),
        }
    return texts


def _dash(name: str) -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        f'<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="9">'
        f"<BaseURL>{name}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _reference_movie(path: str, url: str) -> bytes:
    """QuickTime's own playlist: `rmra` names the films to open instead."""
    names = [f"file://{path}\0".encode(), f"{url}/a.mov\0".encode()]
    references = [
        _box(b"rmda", _box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(name)), name))
        for name in names
    ]
    return _box(b"ftyp", b"qt  ", bytes(4)) + _box(b"moov", _box(b"rmra", *references))


def _data_reference(canary: Path) -> bytes:
    """A film whose samples lie in another file: its `dref` names the canary instead of itself."""
    good = canary.with_name("inside.m4a").read_bytes()
    own = good.index(b"url \0\0\0\1")
    name = f"file://{canary}\0".encode()
    return good[: own + 7] + b"\0" + name + good[own + 8 + len(name) :]


def _id3(content: bytes, length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    sizes = bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + sizes + content


def _cover(picture: bytes) -> bytes:
    content = b"\0image/png\0\3\0" + picture
    return struct.pack(">4sIH", b"APIC", len(content), 0) + content


def _png(side: int, says: int = 0) -> bytes:
    """A black square of so many pixels a side; a second header may say that it is smaller."""
    deflate = zlib.compressobj(9)
    rows = b"".join(deflate.compress(bytes(1 + 3 * side)) for _ in range(side)) + deflate.flush()
    sides = [says, side] if says else [side]
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", n, n, 8, 2, 0, 0, 0)) for n in sides]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in [*chunks, (b"IDAT", rows), (b"IEND", b"")]
    )  # fmt: skip


def _wav(channels: int, rate: int, bits: int, content: bytes, size: int | None = None) -> bytes:
    align = channels * bits // 8
    head = struct.pack(
        "<HHIIHH", 1, channels & 0xFFFF, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits
    )
    size = len(content) if size is None else size
    riff = struct.pack("<4sI4s4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", len(head))
    return riff + head + struct.pack("<4sI", b"data", size) + content


def bombs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Little files that say they are, or turn out to be, very large."""
    noise = np.random.default_rng(1).integers(0, 255, 400_000, np.uint8).tobytes()
    for channels in (0, 65, 255, 512, 65535):
        yield f"channels-{channels}.wav", _wav(channels, 44_100, 16, noise)
    for rate in (0, 1, 7, 999, 1000, 5_000_000, 2**31 - 1, 2**32 - 1):
        yield f"rate-{rate}.wav", _wav(2, rate, 16, noise)
    for bits in (0, 1, 12, 64, 65535):
        yield f"bits-{bits}.wav", _wav(2, 44_100, bits, noise)
    yield "huge-data.wav", _wav(2, 44_100, 16, noise, 2**32 - 2)
    yield "nested-tags.mp3", b"".join(_id3(b"", 4) for _ in range(200_000))
    yield "endless-tag.mp3", _id3(b"TIT2" + bytes(100), 2**28 - 1)
    yield "long-title.mp3", _id3(b"TIT2\0\x10\0\0\0\0\0" + b"A" * 2**20)
    yield "nested-boxes.m4a", _box(b"ftyp", b"M4A ", bytes(4)) + _nested(b"moov", 4000)
    yield "nested-lists.avi", b"RIFF\xff\xff\xff\xffAVI " + b"LIST\xff\xff\xff\x7fhdrl" * 20_000
    yield "nested-elements.mkv", b"\x1aE\xdf\xa3\x80" + b"\x18S\x80g\x01" + b"\xff" * 7 + (
        b"\x19A\xa4i\x01" + b"\x7f" * 7
    ) * 5000  # fmt: skip
    yield from _silences(folder)
    song = (folder / "inside.mp3").read_bytes()
    yield "cover-bomb.mp3", _id3(_cover(_png(25_000))) + song
    yield "cover-liar.mp3", _id3(_cover(_png(25_000, says=500))) + song
    yield "attachments.mkv", _with_attachments(folder)
    yield "streams.mkv", _many_streams(folder)


def _nested(kind: bytes, depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = _box(kind, content)
    return content


def _silences(folder: Path) -> Iterator[tuple[str, bytes]]:
    """A day of nothing in very few bytes: as it is, and with a header that says three seconds."""
    path = folder / "silence.flac"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flac", rate=8000, options={"frame_size": "65535"})
        stream.layout = "mono"
        quiet = np.zeros((1, 8000 * 60), np.int16)
        for minute in range(24 * 60):
            frame = av.AudioFrame.from_ndarray(quiet, "s16", "mono")
            frame.sample_rate, frame.pts = 8000, minute * quiet.size
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    content = bytearray(path.read_bytes())
    yield "a-day-of-silence.flac", bytes(content)
    content[21:26] = bytes([content[21] & 0xF0]) + (8000 * 3).to_bytes(4, "big")
    yield "a-day-called-three-seconds.flac", bytes(content)
    content[21:26] = bytes([content[21] & 0xF0]) + bytes(4)
    yield "a-day-unsaid.flac", bytes(content)


def _with_attachments(folder: Path) -> bytes:
    """A film of a song with a font, a program and a playlist attached."""
    path = folder / "attached.mkv"
    with av.open(str(path), "w", format="matroska") as out:
        out.add_attachment("font.ttf", "application/x-truetype-font", bytes(200_000))
        out.add_attachment("run.sh", "application/x-sh", b"#!/bin/sh\nexit 1\n")
        out.add_attachment("list.m3u8", "application/x-mpegurl", b"#EXTM3U\n/etc/hostname\n")
        _mux_noise(out, 1)
    return path.read_bytes()


def _many_streams(folder: Path) -> bytes:
    path = folder / "streams.mka"
    with av.open(str(path), "w", format="matroska") as out:
        _mux_noise(out, 126)
    return path.read_bytes()


def _mux_noise(out, count: int) -> None:
    streams = [out.add_stream("pcm_s16le", rate=44_100) for _ in range(count)]
    noise = np.random.default_rng(2).integers(-9000, 9000, (1, 44_100), np.int16)
    for stream in streams:
        stream.layout = "mono"
    for stream in streams:
        frame = av.AudioFrame.from_ndarray(noise, "s16", "mono")
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
