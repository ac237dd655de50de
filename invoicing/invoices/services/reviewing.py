"""What an owner should know before an invoice is issued for good.

Remarks warn; what makes issuing impossible is refused by `issuing` itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from invoicing.core.text import Text, msg
from invoicing.infra.glyphs import missing_glyphs
from invoicing.invoices.domain import NoLines, NothingToPay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoicing.company.models import Company
    from invoicing.invoices.models import Invoice

# Countries whose invoices show no tax number of the seller.
_WITHOUT_TAX_NUMBER = frozenset({"US"})
_SHOWN_CHARACTERS = 10


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to mend; `place` says where: company, client, editor, or nowhere."""

    text: Text
    place: str
    is_blocking: bool = False


def review(invoice: Invoice, company: Company) -> list[Remark]:
    """What is missing or odd about a draft; nothing for an issued invoice."""
    if invoice.issued_at is not None:
        return []
    return [
        *_about_amounts(invoice),
        *_about_seller(invoice, company),
        *_about_buyer(invoice),
        *_about_characters(invoice, company),
    ]


def _about_amounts(invoice: Invoice) -> Iterator[Remark]:
    if not invoice.lines:
        yield Remark(NoLines.default, "editor", is_blocking=True)
    elif invoice.total_with_tax < 0:
        yield Remark(NothingToPay.default, "editor", is_blocking=True)
    elif invoice.total_with_tax == 0:
        text = msg("This invoice comes to nothing. It will take a number all the same.")
        yield Remark(text, "editor")
    else:
        for line in invoice.lines:
            if line.net_amount == 0:
                name = line.description.partition("\n")[0]
                yield Remark(msg("This line comes to nothing: %(name)s", name=name), "editor")


def _about_seller(invoice: Invoice, company: Company) -> Iterator[Remark]:
    if not (company.street and company.city):
        yield Remark(msg("Your company’s address is missing on the invoice."), "company")
    needs_number = invoice.tax_total > 0 and company.country not in _WITHOUT_TAX_NUMBER
    if needs_number and not company.vat_identifier:  # BR-S-02
        yield Remark(msg("An invoice with VAT must show your VAT number."), "company")


def _about_buyer(invoice: Invoice) -> Iterator[Remark]:
    if not invoice.client.city:
        yield Remark(msg("The client’s address is missing on the invoice."), "client")


def _about_characters(invoice: Invoice, company: Company) -> Iterator[Remark]:
    """The PDF is made once and for ever, so a character it cannot print is told before."""
    client = invoice.client
    texts = (company.name, client.name, client.street, client.city, invoice.note)
    missing = missing_glyphs("".join([*texts, *(line.description for line in invoice.lines)]))
    if missing:
        shown = " ".join(sorted(missing)[:_SHOWN_CHARACTERS])
        text = msg("The PDF cannot print these characters: %(characters)s", characters=shown)
        yield Remark(text, "editor")
