"""librosa, loaded by one process at a time: the only way in which anything here may import it.

Loading it compiles functions, and what is compiled is kept on disk. Processes that do so at once
leave files that do not fit each other, and calling what such files hold ends the process with a
segmentation fault, now and at every later start (numba issue 10128). So the first process
compiles, and the others wait and then read what it has left.
"""

import os
import tempfile
from pathlib import Path

from filelock import FileLock

_USER = os.getuid() if hasattr(os, "getuid") else "all"

with FileLock(Path(tempfile.gettempdir()) / f"audiophile-numba-{_USER}.lock"):
    import librosa
    import librosa.beat
    import librosa.core.pitch
    import librosa.feature
    import librosa.filters
    import librosa.onset
    import librosa.util.utils

__all__ = ["librosa"]
