"""What a person can ask about people: come in, bring others in, hold keys."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.timezone import now

from apps.accounts.models import INVITATION_LIFETIME, LINK_LIFETIME, SigninLink, Token, User

OWNER = "owner"


def ensure_owner() -> User:
    """The first admin; made when there is none."""
    owner = User.objects.filter(role=User.Role.ADMIN, is_active=True).order_by("pk").first()
    if owner is None:
        taken = User.objects.filter(username=OWNER).exists()
        owner = User(username=f"{OWNER}-{get_random_string(6)}" if taken else OWNER)
        owner.role = User.Role.ADMIN
        owner.set_unusable_password()
        owner.save()
    return owner


def signin_link(user: User, *, lifetime=LINK_LIFETIME) -> str:
    """The path of a fresh one-time link for this person."""
    SigninLink.objects.exclude(pk__in=SigninLink.objects.valid()).delete()
    _, secret = SigninLink.issue(user=user, expires_at=now() + lifetime)
    return reverse("accounts:link", args=[secret])


@transaction.atomic
def invite(*, username: str, role: str) -> tuple[User, str]:
    """A new person, and the path of the link that lets them choose a password."""
    user = User(username=username, role=role)
    user.set_unusable_password()
    user.save()
    return user, signin_link(user, lifetime=INVITATION_LIFETIME)


def issue_token(*, user: User, name: str) -> tuple[Token, str]:
    """A new API token and the secret, which is shown this once."""
    token, secret = Token.issue(user=user, name=name)
    return token, secret


def absolute(path: str) -> str:
    """A path as an address to give away: BASE_URL, or this machine's port."""
    return f"{settings.BASE_URL or settings.LOCAL_URL}{path}"
