from importlib import import_module

from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    name = "apps.predictions"

    def ready(self) -> None:
        import_module("apps.predictions.signals")  # connects itself
