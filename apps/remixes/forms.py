"""What people say about the remix they want."""

from collections.abc import Iterable
from contextlib import suppress
from typing import cast
from uuid import UUID

from django import forms

from apps.files.models import Track


class RemixForm(forms.Form):
    """The songs and three numbers, each with a sound default."""

    title = forms.CharField(
        max_length=255, required=False, help_text="Blank: named after the songs."
    )
    beats = forms.IntegerField(
        label="Number of beats",
        initial=64,
        min_value=8,
        max_value=1024,
        help_text="How long it gets: 64 beats at 120 BPM are about half a minute.",
    )
    jump_rate = forms.FloatField(
        label="How often to jump",
        initial=0.5,
        min_value=0.0,
        max_value=1.0,
        help_text="Left: stay in a song for long. Right: jump wherever beats match.",
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.05"}),
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The same number gives the same remix. Blank: one is drawn.",
    )
    song = forms.ModelMultipleChoiceField(
        Track.objects.none(),
        error_messages={"required": "Choose the songs to remix, two or more."},
    )

    def __init__(self, *args, owner, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        chosen = cast(forms.ModelMultipleChoiceField, self.fields["song"])
        chosen.queryset = Track.objects.owned_by(owner).ready()

    @property
    def knobs(self) -> list[forms.BoundField]:
        return [self[name] for name in ("beats", "jump_rate", "seed", "title")]


def uuids(texts: Iterable[str]) -> set[UUID]:
    """Those of some texts from an address that are ids at all."""
    found = set()
    for text in texts:
        with suppress(ValueError):
            found.add(UUID(text))
    return found
