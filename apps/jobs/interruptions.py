"""What work raises to be stopped, given back or refused; `runner` knows what follows."""


class Cancelled(Exception):
    """The job is no longer this attempt's: somebody cancelled it, or a later attempt has it."""


class Interrupted(Exception):
    """This worker is being stopped; the job goes back to the queue."""


class MadeRoom(Interrupted):
    """Something much shorter waits: the job goes back to the queue, and on from where it was."""


class Refused(Exception):
    """It cannot be done as things are; its text is one sentence that says what to do about it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
