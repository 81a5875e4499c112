"""What people give to be heard and not kept."""

from django import forms


class ClipForm(forms.Form):
    """A clip to try."""

    file = forms.FileField(
        error_messages={
            "required": "Choose a file first.",
            "empty": "This file is empty.",
        },
    )
