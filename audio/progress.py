"""Report: how long work says how far it is, and how it learns that it is cancelled."""

from collections.abc import Callable

Report = Callable[[float], None]
"""Takes the fraction done, 0..1. It may raise to cancel: what it raises is never swallowed."""


def ignore(fraction: float) -> None:
    """Take a report and do nothing with it."""


def part(report: Report, start: float, stop: float) -> Report:
    """Return a report for one part of the work, whose 0..1 is `start`..`stop` of the whole.

    Parameters
    ----------
    report : Report
        The report of the whole.
    start, stop : float [range=0..1]
        Where the part lies in the whole.

    Returns
    -------
    Report

    Examples
    --------
    >>> heard = []
    >>> second_half = part(heard.append, 0.5, 1.0)
    >>> second_half(0.5)
    >>> heard
    [0.75]
    """

    def scaled(fraction: float) -> None:
        report(start + (stop - start) * fraction)

    return scaled
