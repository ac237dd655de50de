"""The mails of this feature."""

from __future__ import annotations

from invoicing.messages.rendering import render_mail


def compose_test(language: str, zone: str, name: str) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail that proves that the settings work."""
    return render_mail("messages/test", language, zone, name=name)
