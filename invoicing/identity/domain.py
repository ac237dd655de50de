"""What a good password is, how long a session lasts, and what can be refused at the door. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from invoicing.core.errors import Conflict, Forbidden, Invalid, NotFound
from invoicing.core.permissions import Role
from invoicing.core.text import msg, nmsg

PASSWORD_LEAST = 12
PASSWORD_MOST = 256
SESSION_IDLE = timedelta(hours=12)
SESSION_MOST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=10)
RESET_LIFETIME = timedelta(hours=1)

# What browsers call themselves; most claim to be those further down as well.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_COMMON_PASSWORDS = Path(__file__).with_name("common-passwords.txt")


class WrongPassword(Invalid):
    """The address and the password do not belong together; it never says which is wrong."""

    default = msg("This e-mail address and password do not match.")


class WrongCurrentPassword(Invalid):
    """The member did not give the password that is valid now."""

    default = msg("This is not your current password.")


class PasswordTooShort(Invalid):
    """Fewer characters than PASSWORD_LEAST."""

    default = nmsg(
        "Use at least %(n)s character.", "Use at least %(n)s characters.", PASSWORD_LEAST
    )


class PasswordTooLong(Invalid):
    """More characters than PASSWORD_MOST."""

    default = nmsg("Use at most %(n)s character.", "Use at most %(n)s characters.", PASSWORD_MOST)


class PasswordTooCommon(Invalid):
    """One that is tried first by whoever guesses."""

    default = msg("This password is too easy to guess. Try a few words that only you would join.")


class ResetLinkDead(NotFound):
    """The link was used, is too old, or never was one."""

    default = msg("This link no longer works. Ask for a new one.")


class SetupLinkWrong(Forbidden):
    """The token is not the one that was printed at the last start."""

    default = msg("Open the set-up link printed at start.")


class AlreadySetUp(Conflict):
    """There is an owner already."""

    default = msg("This installation has an owner already.")


class EmailTaken(Conflict):
    """Another member signs in with this address."""

    default = msg("Another member uses this e-mail address.")


@dataclass(frozen=True, slots=True)
class NewOwner:
    """What the first member tells about himself or herself."""

    name: str
    email: str
    password_hash: str
    language: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What members change about themselves."""

    name: str
    language: str
    theme: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a session comes from; personal data, shown to its member only."""

    user_agent: str
    ip: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The member behind a request, as read from the database for it."""

    id: int
    ref: str
    name: str
    email: str
    role: Role
    language: str
    theme: str
    session_id: int
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ResetMail:
    """What the mail with the link for a new password needs."""

    user_ref: str
    name: str
    email: str
    language: str
    link: str
    expires_at: datetime


def normal_email(typed: str) -> str:
    """The one spelling that an address is stored and looked up by."""
    return unicodedata.normalize("NFC", typed).strip().lower()


def normal_password(typed: str) -> str:
    """NFC, so that one password typed on two keyboards stays one."""
    return unicodedata.normalize("NFC", typed)


def check_password(typed: str, *, about: tuple[str, ...] = ()) -> None:
    """Refuse a password that is too short, too long or too easy to guess.

    `about` holds what everybody knows of its owner (name, address). Raises PasswordTooShort,
    PasswordTooLong, PasswordTooCommon.
    """
    password = normal_password(typed)
    if len(password) < PASSWORD_LEAST:
        raise PasswordTooShort(field="password")
    if len(password) > PASSWORD_MOST:
        raise PasswordTooLong(field="password")
    if _is_easy(password.casefold(), about):
        raise PasswordTooCommon(field="password")


def _is_easy(password: str, about: tuple[str, ...]) -> bool:
    """Common as it is, common with digits or signs added, one thing repeated, or known of one."""
    core = password.strip("0123456789 !?.,;:-_*#@$%&+=/")
    known = {word.casefold() for word in about if word}
    return (
        password in _common_passwords()
        or core in _common_passwords()
        or core in known
        or not core
        or _is_repetition(password)
    )


def _is_repetition(password: str) -> bool:
    """Whether it is a piece of at most six characters again and again, such as abcabcabcabc."""
    return any(
        password == (password[:size] * len(password))[: len(password)] for size in range(1, 7)
    )


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").split())


def browser_name(user_agent: str) -> str:
    """Browser and system in a few words, such as `Firefox, Windows`; empty for what is unknown.

    Only a hint for its owner: a browser says of itself what it likes.
    """
    found = (_first(user_agent, _BROWSERS), _first(user_agent, _SYSTEMS))
    return ", ".join(name for name in found if name)


def _first(user_agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in user_agent), "")


def is_alive(last_seen_at: datetime, expires_at: datetime, at: datetime) -> bool:
    """Whether a session still counts: not idle for 12 hours, not older than seven days."""
    return at < expires_at and at - last_seen_at < SESSION_IDLE
