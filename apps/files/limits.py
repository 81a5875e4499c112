"""What this server takes: how long, and how many channels."""

from django.conf import settings

from audio.errors import AudioError
from audio.io import Probe


class Refused(AudioError):
    """Nothing is wrong with the recording; this server does not take it. `status` is HTTP's."""

    status = 422
    code = "refused"


class TooLong(Refused):
    status = 413
    code = "too_long"


class TooManyChannels(Refused):
    code = "too_many_channels"


def check(header: Probe) -> None:
    """Raise the sentence that says which limit a recording is beyond, if its header says so."""
    check_length(header.seconds or 0.0)
    if header.channels > settings.MAX_CHANNELS:
        raise TooManyChannels(
            f"This song has {header.channels} channels; "
            f"this server takes at most {settings.MAX_CHANNELS}."
        )


def check_length(seconds: float) -> None:
    """Raise `TooLong` beyond the limit; also for what decoding a file shows, whatever it said."""
    if seconds > settings.MAX_MINUTES * 60:
        raise TooLong(
            f"This song is longer than the {settings.MAX_MINUTES} minutes this server takes."
        )
