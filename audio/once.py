"""Working something out once for each clip, however many models ask for it."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from audio.clip import Clip

Made = TypeVar("Made")


def once_per_clip(function: Callable[[Clip], Made]) -> Callable[[Clip], Made]:
    """Remember what a function made of each clip, for as long as the clip lives.

    Clips are compared by identity, so this costs nothing and mistakes nothing. What is raised is
    not remembered.

    Parameters
    ----------
    function : callable
        Takes a clip and nothing else.

    Returns
    -------
    callable
        The same, that answers the second question about a clip at once.

    Examples
    --------
    >>> import numpy as np
    >>> asked = []
    >>> @once_per_clip
    ... def frames(clip: Clip) -> int:
    ...     asked.append(clip)
    ...     return clip.frames
    >>> clip = Clip(np.zeros((1, 5), np.float32), 8000)
    >>> frames(clip), frames(clip), len(asked)
    (5, 5, 1)
    """
    known: WeakKeyDictionary[Clip, Made] = WeakKeyDictionary()

    @wraps(function)
    def remembered(clip: Clip) -> Made:
        if clip not in known:
            known[clip] = function(clip)
        return known[clip]

    return remembered
