"""`manage.py token make|list|revoke` handles API tokens from a shell."""

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import services
from apps.accounts.models import Token, User


class Command(BaseCommand):
    help = "Make, list and revoke API tokens."

    def add_arguments(self, parser) -> None:
        parser.add_argument("action", choices=["make", "list", "revoke"])
        parser.add_argument("user", help="whose tokens")
        parser.add_argument("name", nargs="?", default="shell", help="what the token is called")

    def handle(self, *, action: str, user: str, name: str, **options) -> None:
        person = User.objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"There is nobody called “{user}”.")
        getattr(self, action)(person, name)

    def make(self, person: User, name: str) -> None:
        _, secret = services.issue_token(user=person, name=name)
        self.stdout.write(secret)

    def list(self, person: User, name: str) -> None:
        for token in Token.objects.filter(user=person):
            self.stdout.write(f"{token.name}\t{token.created_at:%Y-%m-%d}")

    def revoke(self, person: User, name: str) -> None:
        deleted, _ = Token.objects.filter(user=person, name=name).delete()
        if not deleted:
            raise CommandError(f"{person} has no token called “{name}”.")
