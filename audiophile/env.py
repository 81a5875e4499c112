"""Read the environment, and refuse nonsense with one sentence instead of guessing."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T", int, float)
TRUE = frozenset({"1", "true", "yes", "on"})
WEB = {"http", "https"}
FALSE = frozenset({"0", "false", "no", "off"})
HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)


def load_dotenv(path: Path) -> None:
    """Add what a `.env` file says; the real environment wins."""
    if path.is_file():
        environ.Env.read_env(path, overwrite=False)


def text(name: str, default: str = "") -> str:
    """A string; a variable that is set but empty counts as unset."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """A yes or no."""
    value = text(name).lower()
    if value and value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be yes or no, not “{value}”.")
    return value in TRUE if value else default


def number(name: str, default: T, *, at_least: T, at_most: T) -> T:
    """A number of the default's type, within bounds."""
    value = text(name)
    try:
        parsed = type(default)(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not “{value}”.") from error
    if not at_least <= parsed <= at_most:
        raise ImproperlyConfigured(f"{name} must be from {at_least} to {at_most}, not {value}.")
    return parsed


def items(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def hosts(name: str) -> list[str]:
    """A comma-separated list of host names, addresses and networks."""
    found = items(name)
    for item in found:
        try:
            ip_network(item, strict=False)
        except ValueError as error:
            if not HOST.fullmatch(item) or item.replace(".", "").isdigit():
                raise ImproperlyConfigured(
                    f"{name} holds names and networks such as 192.168.1.0/24, not “{item}”."
                ) from error
    return found


def choice(name: str, default: str, allowed: set[str]) -> str:
    """One of a few words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}.")
    return value


def url(name: str, *, schemes: set[str]) -> str:
    """An address with one of these schemes, without a trailing slash; "" when not set."""
    value = text(name).rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        starts = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} must start with {starts}.")
    if parts.scheme != "sqlite" and not (parts.hostname and _has_sound_port(parts)):
        raise ImproperlyConfigured(f"{name} must name a host and, if it has one, a port number.")
    return value


def _has_sound_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def folder(name: str, default: Path) -> Path:
    """A folder that can be written, made if it is not there."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {path}, which cannot be made or written."
        ) from error
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured(f"{name} is {path}, which cannot be written.")
    return path
