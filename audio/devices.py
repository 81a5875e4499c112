"""What networks are computed on, and in which precision."""

from collections.abc import Callable

import torch
from torch import Tensor

Run = Callable[[Tensor], Tensor]
"""Makes some sources [sources, channels, n] of a segment [channels, n]."""


def chosen() -> str:
    """Return "cuda" or "mps" where there is such a device, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def precision(wish: str, device: str) -> str:
    """Return the precision to compute in.

    Parameters
    ----------
    wish : str
        "float32", "bfloat16" or "auto".
    device : str
        From `chosen`.

    Returns
    -------
    str
        The wish; for "auto" what is fastest there: "float16" on CUDA, "bfloat16" on processors
        that multiply it, "float32" elsewhere (and on MPS, where nobody has tried).
    """
    if wish != "auto":
        return wish
    if device == "cuda":
        return "float16"
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return "bfloat16" if device == "cpu" and has is not None and has() else "float32"


class OnDevice:
    """Runs a network on a graphics card; written for CUDA and MPS, and not yet run on either.

    When its memory does not suffice for a segment, the network hears two halves of it, which is
    as much as it can use of them; when those do not fit, the processor does the work.

    Parameters
    ----------
    run, on_cpu : callable
        The network there and here.
    device, dtype : str
        From `chosen` and `precision`.
    """

    def __init__(self, run: Run, on_cpu: Run, device: str, dtype: str) -> None:
        self.run, self.on_cpu, self.device, self.dtype = run, on_cpu, device, dtype
        self.halved = self.given_up = False

    def __call__(self, mix: Tensor) -> Tensor:
        while not self.given_up:
            try:
                return self._halves(mix) if self.halved else self._there(mix)
            except torch.OutOfMemoryError:
                self.halved, self.given_up = True, self.halved
        return self.on_cpu(mix)

    def _there(self, mix: Tensor) -> Tensor:
        half = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(self.dtype)
        with torch.autocast(self.device, dtype=half, enabled=half is not None):
            return self.run(mix.to(self.device)).float().cpu()

    def _halves(self, mix: Tensor) -> Tensor:
        """Both halves with a quarter of context, faded into each other in the middle."""
        n = mix.shape[-1]
        reach = n * 5 // 8
        left, right = self._there(mix[..., :reach]), self._there(mix[..., n - reach :])
        fade = torch.linspace(0, 1, 2 * reach - n)
        out = torch.zeros(*left.shape[:-1], n)
        out[..., : n - reach], out[..., reach:] = (
            left[..., : n - reach],
            right[..., 2 * reach - n :],
        )
        middle = left[..., n - reach :] * (1 - fade) + right[..., : 2 * reach - n] * fade
        out[..., n - reach : reach] = middle
        return out
