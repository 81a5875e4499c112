from django.apps import AppConfig


class RemixesConfig(AppConfig):
    name = "apps.remixes"
