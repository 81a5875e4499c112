"""People, and the two kinds of secret that let them in: API tokens and one-time links."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

LINK_LIFETIME = timedelta(hours=24)
INVITATION_LIFETIME = timedelta(days=7)


def digest(secret: str) -> str:
    """What is kept of a secret. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class User(AbstractUser):
    """A person. The role says what they may do beyond their own songs."""

    class Role(models.TextChoices):
        ADMIN = "admin"  # everything, Django admin
        STAFF = "staff"  # drift, models and jobs of all; not others' audio
        MEMBER = "member"  # their own

    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    # What they may store; empty is the server's usual quota.
    quota_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    quota_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["admin", "staff", "member"]), name="user_role_is_known"
            )
        ]

    def save(self, *args, **kwargs) -> None:
        """Django admin opens for admins only."""
        self.is_staff = self.is_superuser = self.role == self.Role.ADMIN
        super().save(*args, **kwargs)

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN


class SecretQuerySet(models.QuerySet):
    def valid(self) -> "SecretQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now()))

    def holding(self, secret: str) -> "SecretQuerySet":
        """The row this secret belongs to, if it may still be used."""
        return self.valid().filter(digest=digest(secret))


class Secret(models.Model):
    """Something only its holder knows; the row keeps a hash of it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)ss")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def issue(cls, **fields) -> tuple[Self, str]:
        """A new row and the secret itself, which is never shown again."""
        secret = secrets.token_urlsafe(32)
        row = cls(digest=digest(secret), **fields)
        row.save(force_insert=True)
        return row, secret


class Token(Secret):
    """A key to the API."""

    name = models.CharField(max_length=80)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class SigninLink(Secret):
    """Signs a person in once: printed by `make run`, or sent with an invitation."""

    def __str__(self) -> str:
        return f"link for {self.user}"

    def use(self) -> bool:
        """Spend the link; of two who try, one succeeds."""
        deleted, _ = SigninLink.objects.valid().filter(pk=self.pk).delete()
        return deleted == 1
