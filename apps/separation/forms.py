"""How a person wants a song unmixed."""

from typing import Any

from django import forms

from apps.separation.services import DTYPES, engine_named
from apps.separation.tiers import stem_names
from audio.availability import missing
from audio.stems import REST


class UnmixForm(forms.Form):
    """An engine, all stems or one and the rest, and a precision; each may be left to us."""

    engine = forms.CharField(required=False)
    stem = forms.CharField(required=False)
    dtype = forms.ChoiceField(choices=[(name, name) for name in DTYPES], required=False)

    def clean_stem(self) -> str:
        stem: str = self.cleaned_data["stem"]
        if stem and stem not in stem_names():
            raise forms.ValidationError(f"There is no stem “{stem}”.")
        return stem

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be had here before anybody waits for it."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and (why := missing(engine_named(cleaned["engine"]), self.only)):
            raise forms.ValidationError(why)
        return cleaned

    @property
    def only(self) -> tuple[str, ...]:
        stem = self.cleaned_data.get("stem")
        return (stem, REST) if stem else ()

    @property
    def wish(self) -> dict[str, Any]:
        """What `request_separation` is asked."""
        return {
            "engine": self.cleaned_data["engine"],
            "only": self.only,
            "dtype": self.cleaned_data["dtype"] or "auto",
        }

    @property
    def complaint(self) -> str:
        return " ".join(str(words) for row in self.errors.values() for words in row)
