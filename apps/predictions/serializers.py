"""What models say, as JSON."""

from rest_framework import serializers


class ConfidenceSerializer(serializers.Serializer):
    utterance = serializers.CharField(help_text="The label.")
    time = serializers.FloatField(help_text="Start of the window in seconds.")
    confidence = serializers.FloatField()
    model = serializers.CharField()


class DetectionSerializer(ConfidenceSerializer):
    end = serializers.FloatField(help_text="End of the window in seconds.")


class PhraseSerializer(serializers.Serializer):
    """A window, and what was heard in it."""

    start = serializers.FloatField(help_text="In seconds.")
    end = serializers.FloatField()
    label = serializers.CharField(  # type: ignore[assignment]
        allow_blank=True, help_text="Empty where nothing passed the threshold."
    )
    confidence = serializers.FloatField()
    sure = serializers.BooleanField(help_text="False: rather a guess.")
    value = serializers.FloatField(allow_null=True, help_text="BPM, where that is the answer.")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="In trials only."
    )


class PredictionSerializer(serializers.Serializer):
    """What one model says."""

    model = serializers.CharField()
    version = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    confidence = serializers.FloatField()
    sure = serializers.BooleanField(help_text="False: rather a guess.")
    value = serializers.FloatField(allow_null=True, help_text="BPM, where that is the answer.")
    threshold = serializers.FloatField()
    exclusive = serializers.BooleanField(help_text="Does one label exclude the others?")
    remark = serializers.CharField(allow_blank=True, help_text="What it could not hear.")
    probabilities = serializers.DictField(
        child=serializers.FloatField(), help_text="Of the whole recording, by label."
    )
    windows = PhraseSerializer(many=True, help_text="Those in which something was heard.")


class TrialWishSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)
    model = serializers.CharField(
        required=False, allow_blank=True, max_length=40, default="", help_text="Only this one."
    )


class TrialSerializer(serializers.Serializer):
    """What is said of a clip: in short, and by every model."""

    job = serializers.UUIDField()
    file = serializers.CharField()
    seconds = serializers.FloatField()
    model = serializers.CharField(allow_null=True, help_text="Whose answer is given in short.")
    label = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, allow_blank=True
    )
    confidence = serializers.FloatField(allow_null=True)
    sure = serializers.BooleanField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    probabilities = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    windows = PhraseSerializer(many=True, allow_null=True)
    predictions = PredictionSerializer(many=True)
    missing = serializers.DictField(
        child=serializers.CharField(), help_text="Models that say nothing, and why."
    )


class WaitingSerializer(serializers.Serializer):
    """It takes longer: where the answer will be."""

    job = serializers.DictField()
    result = serializers.CharField(help_text="Ask here again.")


class ModelCardSerializer(serializers.Serializer):
    """A model in use, and how good it is."""

    name = serializers.CharField()
    version = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    threshold = serializers.FloatField()
    exclusive = serializers.BooleanField()
    missing = serializers.CharField(
        allow_blank=True, help_text="Why it cannot be asked here; empty: it can."
    )
    remark = serializers.CharField(
        allow_blank=True, help_text="What it does not hear here; the scores are of what it does."
    )
    scores = serializers.DictField(help_text="As its training wrote them down.")


class WeightsSerializer(serializers.Serializer):
    """A file of pretrained weights."""

    name = serializers.CharField()
    title = serializers.CharField()
    file = serializers.CharField()
    url = serializers.CharField()
    sha256 = serializers.CharField(help_text="Or that it is unknown until first fetched.")
    size = serializers.IntegerField(allow_null=True)
    licence = serializers.CharField()
    certainty = serializers.CharField(help_text="How sure we are of the licence.")
    used_by = serializers.ListField(child=serializers.CharField())
    policy = serializers.ChoiceField(
        choices=["when needed", "when asked"], help_text="When it is fetched."
    )
    source = serializers.CharField(help_text="Who published it.")  # type: ignore[assignment]
    score = serializers.CharField(allow_blank=True)
    speed = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=["here", "in the mirror", "damaged", "not here"])
    problem = serializers.CharField(allow_blank=True, help_text="Why it is missing.")
    way_out = serializers.CharField(allow_blank=True, help_text="What to do; admins are told.")
    job = serializers.UUIDField(
        allow_null=True, help_text="The one that fetches it, or was the last to fail at that."
    )


class HeadSerializer(serializers.Serializer):
    """A head trained here."""

    version = serializers.CharField()
    created_at = serializers.DateTimeField()
    in_service_since = serializers.DateTimeField(allow_null=True)


class CatalogueSerializer(serializers.Serializer):
    models = ModelCardSerializer(many=True)
    weights = WeightsSerializer(many=True)
    heads = HeadSerializer(many=True)
