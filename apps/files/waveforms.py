"""Waveforms in storage: a line of JSON that says what follows, then the peaks of every zoom."""

import json
from pathlib import Path
from typing import Any

from apps.files import blobs
from apps.files.models import Blob
from audio import waveform
from audio.waveform import Pyramid

HEADER_BYTES = 400  # more than the first line ever has
PART = 20_000  # peaks at most in one answer
FULL_SCALE = 127


def store(pyramid: Pyramid, seconds: float, folder: Path) -> Blob:
    """Keep what a pyramid has heard."""
    levels = pyramid.levels()
    header = json.dumps({"seconds": seconds, "sizes": [len(level) for level in levels]})
    path = folder / "waveform.peaks"
    path.write_bytes(header.encode() + b"\n" + waveform.to_bytes(levels))
    return blobs.store(path, content_type="application/octet-stream")


def overview(blob: Blob) -> dict[str, Any]:
    """The whole at its widest zoom, and which closer ones there are."""
    seconds, sizes, _ = _header(blob)
    zooms = [{"points": size, "points_per_second": size / max(seconds, 1e-3)} for size in sizes]
    return {"seconds": seconds, "points": _peaks(blob, len(sizes) - 1, 0, PART), "zooms": zooms}


def part(blob: Blob, *, zoom: int, start: int, stop: int) -> dict[str, Any]:
    """Some peaks of one zoom; numbers beyond its ends are cut off."""
    start = max(start, 0)
    stop = min(stop, start + PART)
    return {"zoom": zoom, "start": start, "points": _peaks(blob, zoom, start, stop)}


def _header(blob: Blob) -> tuple[float, list[int], int]:
    """Seconds, peaks a zoom, and where the peaks begin."""
    first = b"".join(blobs.read_range(blob, 0, min(HEADER_BYTES, blob.size))).partition(b"\n")[0]
    header = json.loads(first)
    return header["seconds"], header["sizes"], len(first) + 1


def _peaks(blob: Blob, zoom: int, start: int, stop: int) -> list[list[float]]:
    """Pairs of lowest and highest, -1 to 1."""
    _, sizes, begin = _header(blob)
    zoom = min(max(zoom, 0), len(sizes) - 1)
    stop = min(stop, sizes[zoom])
    if stop <= start:
        return []
    level = begin + 2 * sum(sizes[:zoom])
    data = b"".join(blobs.read_range(blob, level + 2 * start, level + 2 * stop))
    return [[round(value / FULL_SCALE, 3) for value in pair] for pair in waveform.from_bytes(data)]
