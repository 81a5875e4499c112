"""The wiring: the only package that knows every app."""

from audiophile.celery import app as celery_app

__all__ = ["celery_app"]
