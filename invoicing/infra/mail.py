"""Talking to a mail server: building one message, and handing it over once.

What this module must tell apart: the server certainly did not take the message (`MailRefused`),
it took it (`deliver` returns), or nobody knows (`MailUncertain`). Here is no knowledge of why a
mail is sent, no retry, and no clock beside the time limit.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final, Literal

from invoicing.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

#: Seconds to reach the server, and for the whole conversation.
CONNECT_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 30.0
_LONGEST_ANSWER = 1000
_PERMANENT = 500
_GOOD = frozenset({250, 251})
_START = 354
_REFUSALS = range(400, 600)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach a mail server, and who the mails are from."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    password: str
    from_address: str
    from_name: str


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    data: bytes
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail says to whom.

    `message_id` and `dated_at` come from the caller, so that a second try is the same message.
    """

    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    message_id: str
    dated_at: datetime
    language: str
    files: Sequence[File] = ()


class MailRefused(Exception):
    """The server certainly did not take the message; `words` are its own, or the system's.

    `permanent`: it would say the same again. `by_server` is False when the conversation did not
    come as far as the message: nobody answered, no encryption, no login.
    """

    def __init__(self, words: str, *, permanent: bool, by_server: bool = True) -> None:
        """`words` are shown to the owner as they are."""
        self.words = words
        self.permanent = permanent
        self.by_server = by_server
        super().__init__(words)


class MailUncertain(Exception):
    """The message was handed over whole, and the connection ended before the answer."""

    def __init__(self, words: str) -> None:
        """`words` are the system's."""
        self.words = words
        super().__init__(words)


class BadMail(ValueError):
    """No mail can be made of this: an address that is none."""


def build(settings: SmtpSettings, letter: Letter) -> EmailMessage:
    """One message in text and HTML with its files; raises BadMail for an impossible address.

    Line breaks and control characters cannot come into a header; nothing in it tracks.
    """
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = _address(settings.from_name, settings.from_address)
    message["To"] = _address(letter.recipient_name, letter.recipient)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.dated_at)
    message["Message-ID"] = _one_line(letter.message_id)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="quoted-printable")
    for file in letter.files:
        maintype, _, subtype = file.media_type.partition("/")
        message.add_attachment(
            file.data, maintype=maintype, subtype=subtype, filename=file_name(file.filename)
        )
    message["Content-Language"] = _one_line(letter.language)  # last: parts take Content-… along
    return message


def deliver(settings: SmtpSettings, message: EmailMessage) -> str:
    """Hand `message` to the server and return its words; raises MailRefused or MailUncertain.

    Ends within CONNECT_SECONDS and TOTAL_SECONDS, whatever the server does.
    """
    sender, recipient = (_envelope(message[name]) for name in ("From", "To"))
    with _connection(settings) as smtp:
        options = _mail_options(smtp, sender, recipient)
        payload = _payload(message, options)
        _say(smtp, "MAIL", f"FROM:<{sender}>{''.join(f' {option}' for option in options)}")
        _say(smtp, "RCPT", f"TO:<{recipient}>")
        return _hand_over(smtp, payload)


def check_address(address: str) -> None:
    """Raise BadMail unless `address` can stand in a mail."""
    _address("", address)


def file_name(name: str) -> str:
    """A name without folders, control characters and what other systems refuse."""
    kept = "".join("-" if c in '/\\:*?"<>|' else c for c in _one_line(name)).strip(". ")
    return kept or "file"


@contextlib.contextmanager
def _connection(settings: SmtpSettings) -> Iterator[smtplib.SMTP]:
    """A conversation that has come as far as the login, and ends when the time is up."""
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connect(settings)
        with _time_limit(smtp):
            _introduce(smtp, settings)
            yield smtp
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
    except smtplib.SMTPResponseException as error:
        # Before the message itself: greeting, encryption, login. Settings can be mended.
        words = _words(error.smtp_code, error.smtp_error)
        raise MailRefused(words, permanent=False, by_server=False) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailRefused(_system_words(error), permanent=False, by_server=False) from error
    finally:
        if smtp is not None:
            smtp.close()


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(
            settings.host,
            settings.port,
            timeout=CONNECT_SECONDS,
            context=ssl.create_default_context(),
        )
    return smtplib.SMTP(settings.host, settings.port, timeout=CONNECT_SECONDS)


def _introduce(smtp: smtplib.SMTP, settings: SmtpSettings) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(TOTAL_SECONDS)
    smtp.ehlo_or_helo_if_needed()
    if settings.security == "starttls":
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
    if settings.username:
        smtp.login(settings.username, settings.password)


@contextlib.contextmanager
def _time_limit(smtp: smtplib.SMTP) -> Iterator[None]:
    """Cut the line when TOTAL_SECONDS are over, also if the server sends a byte now and then."""

    def cut() -> None:
        if smtp.sock is not None:
            with contextlib.suppress(OSError):
                # On the plain socket: an encrypted one would first say goodbye to a deaf server.
                socket.socket.shutdown(smtp.sock, socket.SHUT_RDWR)

    timer = threading.Timer(TOTAL_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(smtp: smtplib.SMTP, command: str, argument: str) -> None:
    code, answer = smtp.docmd(command, argument)
    if code not in _GOOD:
        raise MailRefused(_words(code, answer), permanent=code >= _PERMANENT)


def _hand_over(smtp: smtplib.SMTP, payload: bytes) -> str:
    """DATA, the message, the final dot, the answer: the only place where doubt can arise."""
    code, answer = smtp.docmd("DATA")
    if code != _START:
        raise MailRefused(_words(code, answer), permanent=code >= _PERMANENT)
    smtp.send(payload)  # the dot stands last: if this fails, the server has not seen it
    try:
        code, answer = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise MailUncertain(_system_words(error)) from error
    if code in _GOOD:
        return _words(code, answer)
    if code in _REFUSALS:
        raise MailRefused(_words(code, answer), permanent=code >= _PERMANENT)
    raise MailUncertain(_words(code, answer))  # half an answer is none


def _mail_options(smtp: smtplib.SMTP, sender: str, recipient: str) -> list[str]:
    if sender.isascii() and recipient.isascii():
        return []
    if not smtp.has_extn("smtputf8"):
        words = "The mail server does not take addresses with letters beyond ASCII."
        raise MailRefused(words, permanent=True)
    return ["SMTPUTF8"]


def _payload(message: EmailMessage, options: list[str]) -> bytes:
    """The message as it goes over the line, dots doubled, with the final dot (RFC 5321 4.5.2)."""
    kept = message.as_bytes(policy=policy.SMTPUTF8 if options else policy.SMTP)
    lines = [b"." + line if line.startswith(b".") else line for line in kept.split(b"\r\n")]
    if lines[-1] == b"":
        lines.pop()
    return b"\r\n".join(lines) + b"\r\n.\r\n"


def _address(name: str, address: str) -> Address:
    plain = _one_line(address)
    local, at, domain = plain.rpartition("@")
    if not (local and at and domain) or plain != address or any(c in plain for c in ' <>,;"\\'):
        raise BadMail("this is no mail address")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
        return Address(display_name=_one_line(name), username=local, domain=ascii_domain)
    except (ValueError, IndexError, UnicodeError) as error:
        raise BadMail("this is no mail address") from error


def _envelope(header: object) -> str:
    addresses: Sequence[Address] = header.addresses  # type: ignore[attr-defined]
    return f"{addresses[0].username}@{addresses[0].domain}"


def _one_line(value: str) -> str:
    return " ".join(clean(value).split())


def _words(code: int, answer: bytes | str) -> str:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {_one_line(said)}"[:_LONGEST_ANSWER]


def _system_words(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _one_line(str(said))[:_LONGEST_ANSWER]
