"""Compiled loops over bfloat16 that torch has only as chains of slower ones."""

from typing import Any

import numba
import numpy as np

# Without "reassoc": rounding by a large constant, below, must not be simplified away.
_EXACT = {"nnan", "ninf", "nsz", "contract", "arcp"}
_LOG2_E = np.float32(1.4426950408889634)
_ROUND = np.float32(12582912.0)  # 1.5 * 2**23: adding it leaves a float's whole part in its bits
_CHUNK = 4096
_TILE = 16


def _compiled(function: Any, fastmath: Any = frozenset({"fast"})) -> Any:
    """Compile for threads that run beside each other; kept on disk where that is possible."""
    options: dict[str, Any] = {"nogil": True, "fastmath": set(fastmath), "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in
        return numba.njit(**options)(function)


def _wide(bits: Any) -> Any:
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)


def _narrow(value: Any) -> Any:
    bits = np.float32(value).view(np.uint32)
    return np.uint16(np.uint32(bits + np.uint32(0x8000)) >> np.uint32(16))


def _power(exponent: Any) -> Any:
    """2 ** exponent to 4e-5 (a tenth of a bfloat16's step)."""
    x = exponent if exponent > np.float32(-126.0) else np.float32(-126.0)
    x = x if x < np.float32(126.0) else np.float32(126.0)
    whole = np.float32(x + _ROUND)
    part = np.float32(x - np.float32(whole - _ROUND))
    value = np.float32(9.6181291e-3)
    value = np.float32(value * part + np.float32(5.5504109e-2))
    value = np.float32(value * part + np.float32(2.4022651e-1))
    value = np.float32(value * part + np.float32(6.9314718e-1))
    value = np.float32(value * part + np.float32(1.0))
    bits = np.uint32(whole.view(np.uint32) << np.uint32(23))
    return np.uint32(value.view(np.uint32) + bits).view(np.float32)


_wide = numba.njit(_wide, inline="always")
_narrow = numba.njit(_narrow, inline="always")
_power = numba.njit(_power, inline="always", fastmath=_EXACT)


def _largest(row: Any) -> Any:
    largest = np.int16(-32768)  # compared as integers of the same order, eight times as fast
    for i in range(row.shape[0]):
        bits = np.int16(row[i])
        key = np.int16(bits ^ np.int16((bits >> np.int16(15)) & np.int16(0x7FFF)))
        largest = key if key > largest else largest
    largest = np.int16(largest ^ np.int16((largest >> np.int16(15)) & np.int16(0x7FFF)))
    return _wide(np.uint16(largest))


def _total(row: Any) -> Any:
    total = np.float32(0)
    for i in range(row.shape[0]):
        total += _wide(row[i])
    return total


def _squares(row: Any) -> Any:
    total = np.float32(0)
    for i in range(row.shape[0]):
        value = _wide(row[i])
        total += value * value
    return total


_largest = _compiled(_largest)
_total = _compiled(_total)
_squares = _compiled(_squares)


def _exponentials(row: Any, scale: Any, shift: Any) -> None:
    for i in range(row.shape[0]):
        row[i] = _narrow(_power(np.float32(_wide(row[i]) * scale - shift)))


_exponentials = _compiled(_exponentials, _EXACT)


def _softmax(scores: Any, scale: Any, sums: Any) -> None:
    factor = np.float32(scale * _LOG2_E)
    for r in range(scores.shape[0]):
        row = scores[r]
        _exponentials(row, factor, np.float32(_largest(row) * factor))
        sums[r] = _total(row)


def _statistics(row: Any) -> Any:
    total, squares, n = 0.0, 0.0, row.shape[0]
    for start in range(0, n, _CHUNK):
        piece = row[start : start + _CHUNK]
        total += _total(piece)
        squares += _squares(piece)
    mean = total / n
    return np.float32(mean), np.float32(1 / np.sqrt(max(squares / n - mean * mean, 0.0) + 1e-5))


_statistics = _compiled(_statistics)


def _norm_gelu(rows: Any, weight: Any, bias: Any) -> None:
    width = weight.shape[0]
    for r in range(rows.shape[0]):
        mean, by = _statistics(rows[r])
        for start in range(0, rows.shape[1], width):
            piece = rows[r, start : start + width]
            for i in range(piece.shape[0]):
                x = np.float32((_wide(piece[i]) - mean) * by * weight[i] + bias[i])
                size = np.float32(abs(x) * np.float32(0.7071067811865476))
                t = np.float32(1 / (1 + np.float32(0.3275911) * size))
                tail = np.float32(1.061405429) * t - np.float32(1.453152027)
                tail = np.float32(tail * t + np.float32(1.421413741))
                tail = np.float32(tail * t - np.float32(0.284496736))
                tail = np.float32(tail * t + np.float32(0.254829592)) * t
                tail = np.float32(tail * _power(np.float32(-size * size * _LOG2_E)))
                above = np.float32(x if x > 0 else np.float32(0))
                piece[i] = _narrow(above - np.float32(0.5) * abs(x) * tail)


def _norm_glu_add(rows: Any, weight: Any, bias: Any, scale: Any, onto: Any) -> None:
    half = scale.shape[0]
    for r in range(rows.shape[0]):
        mean, by = _statistics(rows[r])
        for t in range(onto.shape[1]):
            piece = rows[r, 2 * half * t : 2 * half * (t + 1)]
            target = onto[r, t]
            for i in range(half):
                value = np.float32((_wide(piece[i]) - mean) * by * weight[i] + bias[i])
                gate = np.float32(_wide(piece[half + i]) - mean)
                gate = np.float32(gate * by * weight[half + i] + bias[half + i])
                open_ = np.float32(1 / (1 + _power(np.float32(-gate * _LOG2_E))))
                target[i] = _narrow(_wide(target[i]) + scale[i] * value * open_)


def _glu(rows: Any, out: Any) -> None:
    half = out.shape[1]
    for r in range(rows.shape[0]):
        row, target = rows[r], out[r]
        for i in range(half):
            gate = np.float32(-_wide(row[half + i]) * _LOG2_E)
            target[i] = _narrow(np.float32(_wide(row[i]) / (1 + _power(gate))))


def _frames(rows: Any, mean: float, std: float, out: Any) -> None:
    bins, times, channels = rows.shape
    by, shift = np.float32(std), np.float32(mean)
    for first in range(0, times, _TILE):
        for f in range(bins):
            for t in range(first, min(first + _TILE, times)):
                for c in range(channels // 2):
                    out[c, t, f, 0] = _wide(rows[f, t, 2 * c]) * by + shift
                    out[c, t, f, 1] = _wide(rows[f, t, 2 * c + 1]) * by + shift


softmax = _compiled(_softmax)
norm_gelu = _compiled(_norm_gelu, _EXACT)
norm_glu_add = _compiled(_norm_glu_add, _EXACT)
glu = _compiled(_glu, _EXACT)
frames = _compiled(_frames)
