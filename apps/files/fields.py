"""How other apps' JSON names a recording."""

from rest_framework import serializers

from apps.files.models import Track


class OwnTracksField(serializers.PrimaryKeyRelatedField):
    """The id of a track of the person asking; anyone else's does not exist."""

    default_error_messages = {"does_not_exist": "You have no file with the id {pk_value}."}

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("queryset", Track.objects.all())
        kwargs.setdefault("pk_field", serializers.UUIDField())
        super().__init__(**kwargs)

    def get_queryset(self):
        return Track.objects.owned_by(self.context["request"].user)
