"""What can be wrong with a recording: kinds with a stable code and a sentence for its owner."""


class AudioError(Exception):
    """The recording's fault. Its text is one plain sentence for the recording's owner."""

    code = "audio"


class NotAudio(AudioError):
    """The file holds no sound: text that was renamed, a picture, a film without sound."""

    code = "not_audio"


class Empty(AudioError):
    """The file has no bytes, or no samples."""

    code = "empty"


class Damaged(AudioError):
    """Nothing usable could be decoded."""

    code = "damaged"


class TooShort(AudioError):
    """There is less sound than the work needs."""

    code = "too_short"


class TooLong(AudioError):
    """The recording goes on for longer than was allowed."""

    code = "too_long"


class Silent(AudioError):
    """There is nothing to hear."""

    code = "silent"


class NoBeats(AudioError):
    """No regular beat was found."""

    code = "no_beats"


class UnknownEngine(AudioError):
    """There is no separation engine of that name."""

    code = "unknown_engine"


class UnknownFormat(AudioError):
    """There is no file format of that name."""

    code = "unknown_format"


class UnknownStem(AudioError):
    """The engine makes no stem of that name."""

    code = "unknown_stem"
