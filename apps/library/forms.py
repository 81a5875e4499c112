"""What people type about their songs."""

from typing import cast

from django import forms

from apps.files.models import Track


class SongForm(forms.ModelForm):
    """What a song is called."""

    class Meta:
        model = Track
        fields = ["title", "artist", "album"]


class BulkForm(forms.Form):
    """Something to do with several songs at once."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("unmix", "remix", "delete")])
    ids = forms.ModelMultipleChoiceField(Track.objects.none())

    def __init__(self, *args, owner, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        chosen = cast(forms.ModelMultipleChoiceField, self.fields["ids"])
        chosen.queryset = Track.objects.owned_by(owner)
