"""librosa, loaded by one process at a time: the only way in which anything here may import it.

Loading it compiles functions, and what is compiled is kept on disk. Processes that do so at once
leave files that do not fit each other, and calling what such files hold ends the process with a
segmentation fault, now and at every later start (numba issue 10128). So the first process
compiles, and the others wait and then read what it has left.
"""

import os
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from filelock import FileLock

COMPILING = ("librosa.beat", "librosa.core.audio", "librosa.core.pitch", "librosa.util.utils")

_USER = os.getuid() if hasattr(os, "getuid") else "all"

with FileLock(Path(tempfile.gettempdir()) / f"audiophile-numba-{_USER}.lock"):
    librosa: Any = import_module("librosa")
    for name in COMPILING:
        import_module(name)
