"""Stems that are being made, on disk: what is finished survives the process that made it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio.balance import Balance
from audio.clip import Clip, Samples
from audio.levels import peak
from audio.stems import Batch, Level, Resume

LOCK = "lock"
_STATE = "state.json"


class Checkpoint:
    """A folder with the batches of one separation, in float32 (21 MB a minute and stem).

    Every batch is one file; `state.json` is written last, and in one step, so that a process
    that is killed at any moment leaves whole batches behind.

    Parameters
    ----------
    folder : Path
        Made if it is not there. What it holds of another separation is removed.
    key : str
        Of the mix, the engine and all parameters: what makes a separation the same.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.batches, self.frames = 0, 0
        self.peaks: dict[str, float] = {}
        self.level: Level | None = None
        self.balance = Balance()
        folder.mkdir(parents=True, exist_ok=True)
        if not self._read():
            self._empty()

    @property
    def resume(self) -> Resume | None:
        """Where to go on; None at the beginning."""
        if not self.batches:
            return None
        return Resume(self.batches, np.load(self._carry(self.batches), allow_pickle=False))

    def keep(self, level: Level | None) -> None:
        """Remember the level of the mix."""
        self.level = level
        self._write()

    def add(self, batch: Batch, mix: Samples) -> None:
        """Keep one more batch, and what became of its stretch of the mix [channels, n]."""
        number = batch.resume.batches
        samples = np.stack([clip.samples for clip in batch.stems.values()])
        np.save(self._batch(number), samples)
        np.save(self._carry(number), batch.resume.carry)
        for name, clip in batch.stems.items():
            self.peaks[name] = max(self.peaks.get(name, 0.0), peak(clip))
        self.balance.add(mix, batch.stems)
        self.batches, self.frames = number, self.frames + samples.shape[2]
        self._write()
        self._carry(number - 1).unlink(missing_ok=True)

    def clips(self, index: int, sample_rate: int) -> Iterator[Clip]:
        """Read one stem, batch by batch."""
        for number in range(1, self.batches + 1):
            samples = np.load(self._batch(number), mmap_mode="r", allow_pickle=False)
            yield Clip(np.array(samples[index]), sample_rate)

    def clear(self) -> None:
        """Remove the folder and the batches in it; files that are not ours stay."""
        self._empty()
        if {path.name for path in self.folder.iterdir()} <= {LOCK}:
            (self.folder / LOCK).unlink(missing_ok=True)
            self.folder.rmdir()

    def _empty(self) -> None:
        for path in (*self.folder.glob("*.npy"), *self.folder.glob(f"{_STATE}*")):
            path.unlink()

    def _batch(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npy"

    def _carry(self, number: int) -> Path:
        return self.folder / f"carry-{number:06d}.npy"

    def _write(self) -> None:
        level = None if self.level is None else list(vars(self.level).values())
        text = json.dumps(
            {
                "key": self.key,
                "batches": self.batches,
                "frames": self.frames,
                "peaks": self.peaks,
                "level": level,
                "balance": self.balance.as_dict(),
            }
        )
        part = self.folder / f"{_STATE}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(self.folder / _STATE)

    def _read(self) -> bool:
        """Take up what is there, if it is of the same separation."""
        try:
            state: Mapping[str, Any] = json.loads(
                (self.folder / _STATE).read_text(encoding="utf-8")
            )
        except (FileNotFoundError, ValueError):
            return False
        if state.get("key") != self.key or "balance" not in state:
            return False
        self.batches, self.frames = state["batches"], state["frames"]
        self.peaks = state["peaks"]
        self.level = Level(*state["level"]) if state["level"] else None
        self.balance = Balance.of(state["balance"])
        return True
