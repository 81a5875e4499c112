"""File names as other people's programs give them, made harmless."""

from pathlib import PurePosixPath

LONGEST = 255


def file_name(text: str, otherwise: str = "song") -> str:
    """The last part of a path of either kind, printable, with its suffix when it is cut."""
    printable = "".join(c for c in text if c.isprintable())
    last = printable.replace("\\", "/").rpartition("/")[2].strip()
    if not last.strip("."):
        return otherwise
    suffix = PurePosixPath(last).suffix[:20]
    return last if len(last) <= LONGEST else last[: LONGEST - len(suffix)] + suffix
