"""How long something takes."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


def timed(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    """Do it, and say how many CPU seconds of this process that took.

    CPU time, since a busy neighbour on the same machine lengthens the other kind.
    """
    began = time.process_time()
    result = work(*args, **kwargs)
    return result, time.process_time() - began
