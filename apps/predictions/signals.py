"""When a worker starts: let the web know which models there are, and have them loaded."""

import logging

from celery import signals
from django.conf import settings
from django.db import DatabaseError, connection

from apps.predictions.tasks import register_models

logger = logging.getLogger(__name__)


@signals.worker_ready.connect
def begin(sender, **kwargs) -> None:
    if str(sender.hostname).partition("@")[0] != settings.JOB_KINDS["predict"]["queue"]:
        return
    try:
        register_models()
    except (DatabaseError, OSError, ValueError) as error:  # the beat asks again
        logger.warning("The models could not be listed: %s", error)
        connection.close()
