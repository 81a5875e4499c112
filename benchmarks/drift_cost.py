"""What a drift check over a large library costs: a process of its own, so that memory shows."""

import sys
from pathlib import Path

import numpy as np

from audio.drift.check import check
from audio.drift.rows import Numbers, Rows, split
from benchmarks.timing import timed

SONGS, ARTISTS = 50_000, 15_000
FEATURES, EMBEDDING = 57, 160
NEWEST = 200  # songs, of which some drift
ALPHA = 5e-4


def write(folder: Path) -> None:
    """Write a library of noise, as files of which parts can be read."""
    generator = np.random.default_rng(0)
    for name, columns in (("features", FEATURES), ("embedding", EMBEDDING)):
        np.save(folder / name, generator.standard_normal((SONGS, columns), np.float32))
    np.save(folder / "artists", generator.integers(0, ARTISTS, SONGS))


def look(folder: Path, shift: float) -> None:
    """Choose, load and check, the newest songs shifted by so many standard deviations."""
    artists = [f"artist {number}" for number in np.load(folder / "artists.npy")]
    sides = split(artists)
    reference, window = (
        Rows(
            [artists[row] for row in rows],
            {
                "features": Numbers(
                    np.load(folder / "features.npy", mmap_mode="r")[rows] + moved,
                    tuple(f"feature {column}" for column in range(FEATURES)),
                ),
                "embedding": Numbers(np.load(folder / "embedding.npy", mmap_mode="r")[rows]),
            },
            {"genre": [artists[row][-1] for row in rows]},
            sides.library[rows],
        )
        for rows, moved in ((sides.reference, 0.0), (sides.window, shift))
    )
    check(reference, window, alpha=ALPHA)


def main() -> None:
    """Print the CPU seconds of a quiet look and of one with drift, and the peak in MB."""
    folder = Path(sys.argv[1])
    quiet, worst = timed(look, folder, 0.0)[1], timed(look, folder, 1.0)[1]
    print(quiet, worst, _peak())


def _peak() -> float:
    """Return the most memory this process had, in MB (Linux tells; getrusage counts parents')."""
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
