"""Processes that load librosa at once on a fresh machine, which compiles it first."""

import os
import subprocess
import sys

import pytest

LOAD = """
import numpy as np
from audio.compiled import librosa
envelope = np.tile(np.float32([9, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0]), 90)
print(len(librosa.beat.beat_track(onset_envelope=envelope)[1]))
"""


@pytest.mark.slow
def test_processes_that_compile_at_once_leave_a_cache_that_fits_them_all(tmp_path):
    fresh = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    for _ in ("compiled", "read from disk"):
        children = [
            subprocess.Popen([sys.executable, "-c", LOAD], env=fresh, stdout=subprocess.PIPE)
            for _ in range(4)
        ]
        beats = [child.communicate(timeout=300)[0].strip() for child in children]
        assert [child.returncode for child in children] == [0] * 4
        assert len(set(beats)) == 1 and int(beats[0]) > 10
