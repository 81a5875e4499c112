"""Telling the workers that other models can be asked now."""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError

from apps.predictions import tasks

logger = logging.getLogger(__name__)


def tell_workers() -> None:
    """Have the models in use written down anew, once the rows stand."""
    transaction.on_commit(_say)


def _say() -> None:
    """Should the broker be away, the beat says it again."""
    try:
        tasks.register_models.delay()
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer: %s", error)
