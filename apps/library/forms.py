"""What people type about their songs."""

from datetime import datetime

from django import forms

from apps.files.models import Tag, Track, TrackQuerySet
from apps.library import browsing
from apps.remixes.forms import uuids


class SongForm(forms.ModelForm):
    """What a song is called."""

    class Meta:
        model = Track
        fields = ["title", "artist", "album"]

    @classmethod
    def of_part(cls, data, track: Track) -> "SongForm":
        """The form of who edits one field in its place; the others stay."""
        now = forms.model_to_dict(track, fields=cls.Meta.fields)
        return cls({**now, **{name: data[name] for name in now if name in data}}, instance=track)


class TagsForm(forms.Form):
    """A word to find a song by, put on it or taken off."""

    add = forms.CharField(max_length=80, required=False)
    remove = forms.CharField(max_length=80, required=False)

    def clean_add(self) -> str:
        return " ".join(self.cleaned_data["add"].lower().split())

    def save(self, track: Track) -> None:
        if name := self.cleaned_data["add"]:
            Tag.objects.get_or_create(track=track, name=name, origin=Tag.Origin.PERSON)
        if name := self.cleaned_data["remove"]:
            own = track.tags.exclude(origin=Tag.Origin.MODEL)
            own.filter(name__iexact=name).delete()


class BulkForm(forms.Form):
    """Something to do with several songs at once: those chosen, or all that a query finds."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("unmix", "remix", "delete")])
    all = forms.BooleanField(required=False)
    match = forms.CharField(required=False)

    def songs(self, owner) -> TrackQuerySet:
        if self.cleaned_data["all"]:
            return browsing.all_of(owner, self.cleaned_data["match"])
        chosen = uuids(self.data.getlist("ids"))  # type: ignore[attr-defined]
        return Track.objects.owned_by(owner).filter(pk__in=chosen)


class ImportForm(forms.Form):
    """Where a song is to be fetched from."""

    url = forms.URLField(
        max_length=2000,
        assume_scheme="https",
        error_messages={
            "required": "Give the address of an audio file.",
            "invalid": "This is no address of the web; it begins with https://.",
        },
    )


class UndoForm(forms.Form):
    """Between which two moments the songs were deleted that somebody wants back."""

    span = forms.CharField()
    next = forms.CharField(required=False)

    def clean_span(self) -> tuple[datetime, datetime]:
        since, _, until = self.cleaned_data["span"].partition("/")
        try:
            return _moment(since), _moment(until)
        except ValueError as error:
            raise forms.ValidationError("These are no two moments.") from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
