"""Asking a model that may be broken: what goes wrong in it stays in it."""

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from audio.errors import AudioError
from audio.models import Listener, Model
from audio.progress import Report
from audio.weights import WeightsMissing

UNFETCHED = "Its pretrained file could not be fetched."

Given = ParamSpec("Given")
Made = TypeVar("Made")
logger = logging.getLogger(__name__)


class Guard:
    """One model that hears one file.

    `missing`, `failed` and `reason` say what keeps it from going on: that it cannot be asked
    here, that it broke down (the log has the traceback), or that it can say nothing of this
    recording.

    Parameters
    ----------
    model : Model
        May be of any quality.
    """

    def __init__(self, model: Model) -> None:
        self.model, self.name = model, model.name
        self.listener: Listener | None = None
        self.missing = self.failed = ""
        self.reason: AudioError | None = None
        self._raised: BaseException | None = None

    @property
    def able(self) -> bool:
        """Whether it has not left yet."""
        return not (self.missing or self.failed or self.reason)

    def ask(
        self, step: Callable[Given, Made], /, *given: Given.args, **named: Given.kwargs
    ) -> Made | None:
        """Have the model do something; None when it cannot, or has left before.

        What a `relayed` report raised gets through, also where the model swallows it.
        """
        made = None
        try:
            made = step(*given, **named) if self.able else None
        except AudioError as reason:
            self._leave(reason)
        except Exception as error:
            if error is not self._raised:
                logger.exception("The model %s failed and is left out.", self.name)
            self.failed = broken("This model", error)
        if self._raised is not None:
            raise self._raised
        return made

    def relayed(self, report: Report) -> Report:
        """Return a report to hand to the model: it takes note of what is raised to cancel."""

        def relay(fraction: float) -> None:
            try:
                report(fraction)
            except BaseException as raised:
                self._raised = raised
                raise

        return relay

    def _leave(self, reason: AudioError) -> None:
        if isinstance(reason, WeightsMissing):
            logger.warning("The model %s is left out: %s", self.name, reason)
            self.missing = self.ask(lambda: self.model.missing) or UNFETCHED
            reason = WeightsMissing(self.missing)
        self.reason = reason


def broken(what: str, error: Exception) -> str:
    """Say for people that something is broken: its own words may hold paths and addresses."""
    return f"{what} failed ({type(error).__name__}); the log of this machine says more."
