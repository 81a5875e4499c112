"""`manage.py serve`: everything on this machine, until Ctrl-C."""

import errno
import fcntl
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from apps.accounts import services as accounts
from apps.jobs.models import Process
from audiophile.supervisor import GivingUp, Supervisor, commands

PATIENCE = 120.0  # seconds until everything has to be ready


class Command(BaseCommand):
    help = "Run the web server, the workers and the beat; Ctrl-C stops all of them."

    def handle(self, **options) -> None:
        supervisor = Supervisor(commands(settings.HOST, settings.PORT), settings.DATA / "log")
        supervisor.listen()
        with _only_one():
            _require_free_port()
            _prepare()
            try:
                with supervisor.running():
                    self._serve(supervisor)
            except GivingUp as error:
                raise CommandError(str(error)) from error

    def _serve(self, supervisor: Supervisor) -> None:
        """Say where to go as soon as everything is there; then keep it there."""
        said, began = False, time.monotonic()
        for _ in supervisor.watch():
            if said:
                continue
            supervisor.require_life()
            if said := _is_ready():
                self._say_where()
            elif time.monotonic() - began > PATIENCE:
                raise GivingUp(f"Not everything has started; {settings.DATA / 'log'} says why.")
        self.stdout.write("Stopping …")

    def _say_where(self) -> None:
        link = accounts.absolute(accounts.signin_link(accounts.ensure_owner()))
        connection.close()
        self.stdout.write(f"Sign in: {link}")
        self.stdout.flush()


def _prepare() -> None:
    """Rows in today's shape, an owner, and no sign of life from before."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
        accounts.ensure_owner()
        Process.objects.all().delete()
    except OperationalError as error:
        reason = str(error).splitlines()[0]
        raise CommandError(f"The database cannot be used: {reason}") from error
    finally:
        connection.close()


def _is_ready() -> bool:
    web = HTTPConnection(
        "127.0.0.1" if settings.HOST == "0.0.0.0" else settings.HOST, settings.PORT
    )
    try:
        web.request("GET", "/readyz")
        return web.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        web.close()


@contextmanager
def _only_one() -> Iterator[None]:
    """One supervisor a data folder; the lock goes with the process."""
    with (settings.DATA / "serve.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Audiophile is running on {settings.DATA} already. Stop it first, "
                "or give this one another folder with AUDIOPHILE_DATA."
            ) from error
        yield


def _require_free_port() -> None:
    """Fail before anything has started when it could not listen there."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise CommandError(_why_not_there(error)) from error


def _why_not_there(error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"Audiophile cannot listen on {settings.HOST}: see AUDIOPHILE_HOST."
    other = settings.PORT + 1
    return f"Port {settings.PORT} is taken. Choose another one: PORT={other} make run"
