"""The mails of this feature, and of the features below that cannot reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.messages.rendering import render_mail

if TYPE_CHECKING:
    from invoicing.identity.domain import ResetMail


def compose_test(language: str, zone: str, name: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail that proves that the settings work."""
    return render_mail("messages/test", language, zone, name=name)


def compose_reset(mail: ResetMail, zone: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail with `[[link]]` for a new password."""
    return render_mail(
        "messages/reset", mail.language, zone, name=mail.name, expires_at=mail.expires_at
    )
