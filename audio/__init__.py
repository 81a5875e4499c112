"""Sound, without the web: usable from a shell, a notebook or a test.

Sound travels as a `audio.clip.Clip`: float32 samples ``[channels, n]`` and their sample rate.
Unless a name says otherwise, times are seconds, frequencies Hz, levels dB, tempo BPM and
fractions 0..1. What is wrong with a recording is an `audio.errors.AudioError`; long work takes
a `audio.progress.Report`, and what that raises goes through, which is how work is cancelled.
Long files are streamed: memory does not grow with a recording's length.
"""
