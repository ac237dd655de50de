"""How the events of invoices read on a timeline."""

from __future__ import annotations

from decimal import Decimal

from invoicing.core.money import Money
from invoicing.core.text import Text, msg
from invoicing.web.timeline import Happened, Telling, tell_as


def _number_and_total(event: Happened) -> Text:
    total = Money(Decimal(event.after["total_with_tax"]), event.after["currency"])
    return msg("%(number)s, %(total)s", number=event.after["number"], total=total)


def _recipient(event: Happened) -> str:
    return str((event.personal or {}).get("recipient", ""))


tell_as("invoice.issued", Telling(msg("Issued"), "file-text", note=_number_and_total))
tell_as("invoice.viewed", Telling(msg("The client opened the link"), "eye", kind="ok"))
tell_as("paper.made", Telling(msg("The PDF was made and stored"), "check"))
tell_as("message.sent", Telling(msg("The mail server took the mail"), "send", "ok", _recipient))
tell_as("message.failed", Telling(msg("The mail was not sent"), "alert-circle", "bad", _recipient))
tell_as(
    "message.in_doubt",
    Telling(msg("It is not sure that the mail arrived"), "alert-triangle", "warn", _recipient),
)
tell_as("message.kept", Telling(msg("The mail was kept: no mail server"), "inbox", "", _recipient))
