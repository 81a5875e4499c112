"""Sending what receivers are to be told: signed, for seconds at most, again when it failed.

A message that was sent and could not be noted as such (its worker was killed in between) comes
again under the same number: at least once, and in the ordinary case exactly once.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus

from apps.files.outgoing import OutgoingRefused, post_bytes
from apps.files.signed import signed_headers
from apps.separation.callback_models import Delivery

NUMBER = "X-Audiophile-Delivery"
AT_ONCE = 8
SECONDS = 6.0  # that a receiver has: to be reached, to read, to answer
IN_VAIN = {"not_public", "url"}  # refusals that another try does not change


@dataclass(frozen=True)
class Outcome:
    """What came of one try: the receiver's answer, or why there was none."""

    status: int | None = None
    problem: str = ""
    in_vain: bool = False


def deliver() -> int:
    """Send some of what is due, at the same time; how many those were."""
    claimed = Delivery.claim(AT_ONCE)
    if not claimed:
        return 0
    with ThreadPoolExecutor(len(claimed)) as pool:
        tries = {pool.submit(_post, delivery): delivery for delivery in claimed}
        for done in as_completed(tries):
            _note(tries[done], done.result())
    return len(claimed)


def _post(delivery: Delivery) -> Outcome:
    """One try; these threads talk to receivers, and not to the database."""
    content = delivery.content.encode()
    headers = {NUMBER: str(delivery.pk), **signed_headers(delivery.callback.secret, content)}
    try:
        status = post_bytes(delivery.callback.url, content, headers, seconds=SECONDS)
    except OutgoingRefused as refusal:
        return Outcome(problem=str(refusal), in_vain=refusal.code in IN_VAIN)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(status)
    return Outcome(status, f"The receiver answered {status}.", in_vain=status == HTTPStatus.GONE)


def _note(delivery: Delivery, outcome: Outcome) -> None:
    if not outcome.problem:
        delivery.arrived(outcome.status or HTTPStatus.OK)
        return
    delivery.failed(outcome.problem, outcome.status, is_final=outcome.in_vain)
    if outcome.status is None:
        Delivery.spare(delivery.receiver)
