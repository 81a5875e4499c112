"""What a wish for stems may say, in JSON or in a form."""

import json
from typing import Any, get_args

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils import html

from apps.files.fields import OwnTracksField
from apps.files.outgoing import OutgoingRefused, public_url
from apps.separation import copies, services
from apps.separation.intake import RecordingField
from audio.availability import missing
from audio.stems import ENGINES, REST, Tier

MOST_DATA = 16 * 1024  # bytes that come back with a callback
UNTOLD = "This cannot be written as JSON that every machine reads."
STEMS = [*dict.fromkeys(name for facts in ENGINES.values() for name in facts.sources), REST]


class CallbackWishSerializer(serializers.Serializer):
    """Who wants to be told of the end, and what they want to hear again with it."""

    url = serializers.CharField(max_length=1000, help_text="It gets a signed POST.")
    data = serializers.JSONField(  # type: ignore[assignment]
        required=False, allow_null=True, default=None, help_text="Anything; it comes back so."
    )

    def get_value(self, dictionary: Any) -> Any:
        """In a form it is one field with JSON, or fields called callback.url and callback.data."""
        said = dictionary.get(self.field_name) if html.is_html_input(dictionary) else None
        if not isinstance(said, str):
            return super().get_value(dictionary)
        try:
            return json.loads(said)
        except ValueError:
            return said  # which is refused as not being a dictionary

    def validate_url(self, url: str) -> str:
        try:
            return public_url(url)
        except OutgoingRefused as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal

    def validate_data(self, data: Any) -> Any:
        try:
            said = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
        except ValueError as error:  # infinities; halves of surrogate pairs
            raise serializers.ValidationError(UNTOLD) from error
        if b"\\u0000" in said:
            raise serializers.ValidationError(UNTOLD)
        if len(said) > MOST_DATA:
            raise serializers.ValidationError(f"It may have {MOST_DATA // 1024} kB as JSON.")
        return data


class SeparationWishSerializer(serializers.Serializer):
    """Which stems of which recording; name a file of yours, or send one along."""

    file = OwnTracksField(required=False, help_text="Of a file that is here already.")
    mp3 = RecordingField(required=False, help_text="A recording of any kind, as base64.")
    name = serializers.CharField(
        required=False, max_length=255, default="song", help_text="File name of the recording."
    )
    engine = serializers.ChoiceField(
        choices=[*ENGINES, *get_args(Tier)], required=False,
        help_text="By name, or how good it is to be; the server's usual one if not given.",
    )  # fmt: skip
    stems = serializers.ListField(
        child=serializers.ChoiceField(choices=STEMS), required=False, default=list,
        help_text="Which to make; all if not given. “rest” is the mix less the others.",
    )  # fmt: skip
    dtype = serializers.ChoiceField(choices=services.DTYPES, required=False, default="auto")
    format = serializers.ChoiceField(
        choices=copies.OFFERED, required=False, help_text="To have the stems in."
    )
    bitrate = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="In kbit/s, of that format."
    )
    callback = CallbackWishSerializer(required=False, default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Before a recording is taken in, so that a wish in vain leaves nothing behind."""
        if ("file" in attrs) == ("mp3" in attrs):
            raise serializers.ValidationError({"file": ["Name a file, or send one: one of both."]})
        if attrs["bitrate"] is not None or "format" in attrs:
            copies.form(attrs.get("format", copies.KEPT), attrs["bitrate"])
        engine, only = attrs.get("engine", ""), tuple(attrs["stems"])
        facts = services.checked(engine=engine, only=only, dtype=attrs["dtype"])
        if why := missing(facts, only):
            raise serializers.ValidationError({"engine": [why]})
        return attrs


@extend_schema_serializer(exclude_fields=["mp3", "name"])
class SeparationUploadSerializer(SeparationWishSerializer):
    """The same with the recording itself."""

    file = serializers.FileField(help_text="The recording.", allow_empty_file=True)  # type: ignore[assignment]
