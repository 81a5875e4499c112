"""Cover art: the picture in an audio file, made small and harmless."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from audio.decoding import OPTIONS
from audio.errors import AudioError

LARGEST = 8000  # pixels a side; more is no cover but an attack
SIDE = 512  # pixels a side of what is kept, at most


def cover(path: Path) -> npt.NDArray[np.uint8] | None:
    """Read the attached picture of an audio file.

    Parameters
    ----------
    path : Path
        An audio file.

    Returns
    -------
    np.ndarray [shape=(height, width, 3), dtype=uint8] or None
        RGB, at most `SIDE` pixels a side; None where there is none that can be read.
    """
    try:
        with av.open(str(path.resolve()), options=OPTIONS) as container:
            for stream in container.streams.video:
                if (stream.disposition & av.stream.Disposition.attached_pic) and (
                    0 < stream.width <= LARGEST and 0 < stream.height <= LARGEST
                ):
                    return _first_frame(container, stream)
    except (av.FFmpegError, AudioError, OSError, ValueError, MemoryError):
        return None
    return None


def _first_frame(
    container: av.container.InputContainer, stream: av.VideoStream
) -> npt.NDArray[np.uint8] | None:
    stream.codec_context.options = {"max_pixels": str(LARGEST**2)}
    for frame in container.decode(stream):
        scale = min(1.0, SIDE / max(frame.width, frame.height))
        width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
        small = frame.reformat(width=width, height=height, format="rgb24")
        return np.asarray(small.to_ndarray(), np.uint8)
    return None


def write_jpeg(picture: npt.NDArray[np.uint8], path: Path) -> None:
    """Encode a picture [height, width, 3] anew, so that nothing of the original file is left."""
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    even = np.ascontiguousarray(picture[: max(height, 2), : max(width, 2)])
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height = even.shape[1], even.shape[0]
        stream.pix_fmt = "yuvj420p"
        for packet in stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
