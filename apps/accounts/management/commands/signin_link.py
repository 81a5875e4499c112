"""`manage.py signin_link [NAME]` prints a fresh one-time link."""

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import services
from apps.accounts.models import User


class Command(BaseCommand):
    help = "Print a link that signs a person in once, within 24 hours."

    def add_arguments(self, parser) -> None:
        parser.add_argument("name", nargs="?", help="whom to sign in; the owner if left out")

    def handle(self, *, name: str | None, **options) -> None:
        user = User.objects.filter(username=name).first() if name else services.ensure_owner()
        if user is None:
            raise CommandError(f"There is nobody called “{name}”.")
        self.stdout.write(services.absolute(services.signin_link(user)))
