"""Months in the words of a line, rolled on."""

from __future__ import annotations

import pytest

from invoicing.invoices.services.repeating import roll_months


@pytest.mark.parametrize(
    ("text", "months", "wanted"),
    [
        ("Care, October 2026", 1, "Care, November 2026"),
        ("Care, December 2026", 1, "Care, January 2027"),
        ("Entretien, décembre 2026", 2, "Entretien, février 2027"),
        ("DÉCEMBRE 2026 – Août 2026", 1, "Janvier 2027 – Septembre 2026"),
        ("Hosting 12/2026 to 01/2027", 13, "Hosting 01/2028 to 02/2028"),
        ("October\u00a02026", 0, "October\u00a02026"),
        ("In March, May I? 3/2026, 13/2026, 31/12/2026, 2026", 1, None),
        ("Model 102026, marche 2026, Mayday 2026", 1, None),
        ("", 5, None),
    ],
)
def test_a_month_of_a_year_moves_on(text: str, months: int, wanted: str | None) -> None:
    assert roll_months(text, months) == (text if wanted is None else wanted)
