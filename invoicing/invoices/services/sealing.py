"""What the chain remembers of an issued invoice: one digest over all its frozen columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoicing.infra.sealing import rows_digest

if TYPE_CHECKING:
    from invoicing.invoices.models import Invoice


def content_digest(invoice: Invoice) -> str:
    """The digest over the invoice, its lines and its taxes; every frozen column of each."""
    return rows_digest([invoice, *invoice.lines, *invoice.taxes])
