"""What people type about themselves and each other."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Token, User


class SigninForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This name and password do not go together. Capitals count."),
    }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Name"


class TokenForm(forms.ModelForm):
    """A name by which a token is known again."""

    class Meta:
        model = Token
        fields = ["name"]
        labels = {"name": "What is it for?"}
        widgets = {"name": forms.TextInput(attrs={"placeholder": "laptop script"})}


class InviteForm(forms.ModelForm):
    """Who is to come in, and what they may do."""

    class Meta:
        model = User
        fields = ["username", "role"]
        labels = {"username": "Name"}
        help_texts = {"username": ""}

    def clean_username(self) -> str:
        """Names that differ in capitals alone are one name to people."""
        name = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(f"There is somebody called “{name}” already.")
        return name


class RoleForm(forms.ModelForm):
    """What a person may do."""

    class Meta:
        model = User
        fields = ["role"]

    def clean_role(self) -> str:
        """The last admin stays one: otherwise nobody could let people in."""
        role = self.cleaned_data["role"]
        others = User.objects.filter(role=User.Role.ADMIN, is_active=True).exclude(
            pk=self.instance.pk
        )
        if role != User.Role.ADMIN and not others.exists():
            raise forms.ValidationError("Somebody has to be an admin; make another one first.")
        return role
