"""How much work separating is, before it begins: in time, memory and disk, as a rule of thumb."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from audio.availability import needed
from audio.stems import EngineFacts, Options, cores

WRITING = 0.0022
"""Seconds that a second of one stem takes to be written, where `EngineFacts.cost` was measured."""

_SLOWER = 4.2  # float32 beside bfloat16 (docs/decisions/0018-separation-engine.md)
_PLAIN = 620  # MB of a worker that has its libraries, with what hpss holds besides
_NETWORK = 900  # MB of one with a network of full size
_SEGMENT = 320  # MB of each segment that is computed beside others
_ANOTHER = 170  # MB of each further network
_SIDE_BY_SIDE = 4  # segments at most
_BYTES = 4  # of a sample in a checkpoint
_ENCODED = 0.75  # of 16 bits, at most, in the finished file: noise takes so much


def passes(facts: EngineFacts, stems: Sequence[str] = ()) -> int:
    """Return how many networks have to run: one, or one for each stem that is made.

    Examples
    --------
    >>> from audio.stems import ENGINES
    >>> [passes(ENGINES["htdemucs_ft"], stems) for stems in ((), ("vocals", "rest"))]
    [4, 1]
    """
    return len(needed(facts, stems)) or 1


def separating(facts: EngineFacts, stems: Sequence[str] = (), dtype: str = "auto") -> float:
    """Return the work of computing a second of sound, in seconds of the machine of old.

    Only the relation between two of them means something: `audio.effort` knows nothing of this
    machine but whether it multiplies bfloat16.

    Parameters
    ----------
    facts : EngineFacts
        The engine.
    stems : sequence of str
        What is asked for; empty for all.
    dtype : str
        As `audio.stems.Options`.
    """
    slow = dtype == "float32" or (dtype == "auto" and not has_bfloat16())
    return facts.cost * passes(facts, stems) * (_SLOWER if slow and facts.weights else 1.0)


def total(facts: EngineFacts, stems: Sequence[str] = (), dtype: str = "auto") -> float:
    """Return the work of computing and writing a second of sound; parameters as `separating`."""
    return separating(facts, stems, dtype) + WRITING * len(stems or facts.sources)


def memory(facts: EngineFacts, stems: Sequence[str] = ()) -> int:
    """Return how much memory a worker needs for an engine, in bytes, whatever the length."""
    if not facts.weights:
        return _PLAIN * 10**6
    at_once = min(cores(Options()), _SIDE_BY_SIDE)
    megabytes = _NETWORK + _SEGMENT * at_once + _ANOTHER * (passes(facts, stems) - 1)
    return megabytes * 10**6


def disk(facts: EngineFacts, stems: Sequence[str], seconds: float, channels: int = 2) -> int:
    """Return how much room separating needs, in bytes: finished batches, and then the files.

    Parameters
    ----------
    facts : EngineFacts
        The engine.
    stems : sequence of str
        What is asked for; empty for all.
    seconds : float
        Length of the recording.
    channels : int
        Of the recording; more than two count as two.
    """
    samples = seconds * facts.sample_rate * min(channels, 2) * len(stems or facts.sources)
    return round(samples * (_BYTES + 2 * _ENCODED))


@cache
def has_bfloat16() -> bool:
    """Return whether this processor multiplies bfloat16; False where that cannot be told."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
