"""The paper: what it says is what it was given, and it can do no harm."""

from __future__ import annotations

import base64
import io
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import html5lib
import jinja2
import pypdf
import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from PIL import Image, ImageDraw

from invoicing.core.money import Money
from invoicing.core.text import msg
from invoicing.documents.domain.paper import PaperLine, PaperModel, Party, PaymentDetails
from invoicing.documents.domain.totals import (
    AllowanceCharge,
    DocumentInput,
    LineInput,
    compute_totals,
)
from invoicing.infra import pdf
from invoicing.infra.glyphs import missing_glyphs
from invoicing.tax.domain import NO_TAX, TaxCategory, TaxRate

TEMPLATES = Path(__file__).parents[2] / "templates"
S20 = TaxRate(TaxCategory.STANDARD, Decimal(20))
S55 = TaxRate(TaxCategory.STANDARD, Decimal("5.5"))
SELLER = Party(
    name="Atelier Rivage SARL",
    address=("12 rue des Lilas",),
    postcode="44000",
    city="Nantes",
    country="FR",
    vat_id="FR32123456789",
    legal_id="SIREN 123 456 789",
    email="bonjour@atelier-rivage.example",
    phone="+33 2 40 00 00 00",
)
BUYER = Party(
    name="Nordlicht Verlag GmbH",
    address=("Hafenstraße 7", "Hinterhof"),
    postcode="20457",
    city="Hamburg",
    country="DE",
    vat_id="DE123456788",
)
PAYMENT = PaymentDetails(
    account_holder="Atelier Rivage SARL",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    reference="2026-0042",
    terms="Payment within 30 days.",
)
WORK = (
    ("Web design, day rate", "3.5", "640", S20, "Home page and catalogue\nTwo rounds of changes"),
    ("Copywriting, 500 words", "4", "120", S20, ""),
    ("Book: Invoicing for owners", "10", "24.90", S55, ""),
    ("Hosting", "12", "9.5", S20, "January to December"),
    (
        "Photographs",
        "1",
        "480",
        S20,
        "Half a day on site, twenty pictures, all rights for ten years",
    ),
)


def logo() -> str:
    """A small drawn sign as a data address."""
    image = Image.new("RGB", (480, 160), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, 160, 160), 36, fill="#0b6b5d")
    draw.ellipse((50, 50, 110, 110), fill="#ffffff")
    draw.rectangle((190, 60, 470, 100), fill="#171c20")
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def paper(
    count: int = 3,
    *,
    currency: str = "EUR",
    names: tuple[str, ...] = (),
    tax: TaxRate | None = None,
    allowances: tuple[AllowanceCharge, ...] = (),
    prepaid: str = "0",
    **changes: Any,
) -> PaperModel:
    """A paper of `count` lines, otherwise whole."""
    rows = [WORK[n % len(WORK)] for n in range(count)]
    inputs = tuple(
        LineInput(Decimal(quantity), Decimal(price), tax or rate)
        for _name, quantity, price, rate, _more in rows
    )
    totals = compute_totals(
        DocumentInput(currency, inputs, allowances, prepaid_amount=Decimal(prepaid))
    )
    lines = tuple(
        PaperLine(
            name=names[n] if n < len(names) else f"{row[0]}",
            quantity=given.quantity,
            net_price=given.net_price,
            total=total,
            description=row[4],
            unit=msg("days") if n == 0 else None,
        )
        for n, (row, given, total) in enumerate(zip(rows, inputs, totals.lines, strict=True))
    )
    values: dict[str, Any] = {
        "title": msg("Invoice"),
        "language": "en",
        "currency": currency,
        "seller": SELLER,
        "buyer": BUYER,
        "lines": lines,
        "totals": totals,
        "number": "2026-0042",
        "issue_date": date(2026, 11, 23),
        "due_date": date(2026, 12, 23),
        "order_reference": "PO-7781",
        "payment": PAYMENT,
        "mentions": (
            "Late payment: three times the legal interest rate and 40 EUR for recovery.",
            "No discount for early payment.",
        ),
        "thanks": msg("Thank you for your business!"),
    }
    return PaperModel(**(values | changes))


def html(model: PaperModel, template: str = "documents/invoice.html") -> str:
    """The template filled in, with Babel's own formats."""
    locale = Locale.parse(model.language)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        money=lambda amount, currency: format_currency(amount, currency, locale=locale),
        price=lambda amount, currency: format_currency(
            amount, currency, locale=locale, decimal_quantization=False
        ),
        number=lambda value: format_decimal(value, locale=locale, decimal_quantization=False),
        percent=lambda value: format_percent(
            value / 100, locale=locale, decimal_quantization=False
        ),
        longdate=lambda day: format_date(day, format="long", locale=locale),
        country=lambda code: locale.territories[code],
    )
    return environment.get_template(template).render(paper=model)


def read(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def text(data: bytes) -> str:
    """All that the pages say, without any space, as line breaks are the drawing's own."""
    return squeezed("".join(page.extract_text() for page in read(data).pages))


def squeezed(words: str) -> str:
    return "".join(words.split())


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    pdf.warm()


@pytest.fixture(autouse=True)
def _no_complaints(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Any:
    """Our own paper never makes the drawing library complain."""
    yield
    if "raw" not in request.node.name:
        assert not [r.getMessage() for r in caplog.get_records("call") if r.name == pdf.__name__]


def everything(model: PaperModel) -> list[str]:
    """Each text and amount of a paper, as the reader sees it."""
    locale = Locale.parse(model.language)

    def money(amount: Money) -> str:
        return format_currency(amount.amount, amount.currency, locale=locale)

    said = [str(model.title), model.number or "Draft", model.order_reference]
    for party in (model.seller, model.buyer):
        said += [party.name, *party.address_lines, party.vat_id]
    said += [
        format_date(day, format="long", locale=locale)
        for day in (model.issue_date, model.due_date)
        if day
    ]
    for line in model.lines:
        said += [line.name, *line.paragraphs, money(line.total.net_amount)]
    totals = model.totals
    said += [money(totals.total_without_tax), money(totals.amount_due)]
    said += [money(subtotal.tax_amount) for subtotal in totals.tax_subtotals]
    pay = model.payment
    said += [pay.account_holder, pay.iban, pay.bic, pay.reference, pay.terms]
    said += [*model.mentions, *model.note_paragraphs, str(model.thanks)]
    return [words for words in said if words]


@pytest.mark.parametrize("language", ["en", "fr", "de", "pl"])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_the_paper_says_all_that_it_was_given(language: str, currency: str) -> None:
    model = paper(5, language=language, currency=currency, notes="First.\n\nSecond.")
    said = text(pdf.render(html(model)))
    for words in everything(model):
        assert squeezed(words) in said, words


def test_names_of_all_europe_are_written_in_their_letters() -> None:
    names = ("Łódź, žluťoučký kůň", "Ελληνική εταιρεία Ωμέγα", "Ђорђе Київ", "Ürün İğne", "Þórður")
    said = text(pdf.render(html(paper(5, names=names, language="fr"))))
    for name in names:
        assert squeezed(name) in said
        assert not missing_glyphs(name)
    assert "\N{WHITE SQUARE}" not in said


def test_french_spaces_are_drawn_and_not_boxed() -> None:
    model = paper(3, language="fr")
    data = html(model)
    assert "2\N{NARROW NO-BREAK SPACE}240,00\N{NO-BREAK SPACE}€" in data
    assert "2240,00€" in text(pdf.render(data))


def test_a_character_without_a_glyph_becomes_a_box_and_is_named_before() -> None:
    assert missing_glyphs("Zoë 会社 €\t\n") == {"会", "社"}
    assert "Zoë□□" in text(pdf.render(html(paper(1, names=("Zoë 会社",)))))


def test_invisible_characters_are_left_out() -> None:
    name = "In\u202evoi\u0000ce\u200b Ltd\u2066"
    assert "InvoiceLtd" in text(pdf.render(html(paper(1, names=(name,)))))
    assert not missing_glyphs(name)


def test_pages_are_counted_and_their_head_row_repeated() -> None:
    data = pdf.render(html(paper(60)))
    pages = [squeezed(page.extract_text()) for page in read(data).pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert f"2026-0042·{number}/{len(pages)}" in page
    assert all("DescriptionQuantity" in page for page in pages[:-1])


def test_a_single_page_is_counted_too() -> None:
    assert "2026-0042·1/1" in text(pdf.render(html(paper(1))))


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 12, 13, 14, 15, 16])
def test_totals_never_stand_alone_on_a_page(count: int) -> None:
    pages = read(pdf.render(html(paper(count, payment=PaymentDetails(), mentions=())))).pages
    (said,) = (
        words for words in (squeezed(page.extract_text()) for page in pages) if "Amountdue" in words
    )
    assert squeezed(WORK[(count - 1) % len(WORK)][0]) in said


def test_long_texts_flow_over_pages_and_lose_nothing() -> None:
    words = " ".join(f"word{n}" for n in range(300))
    model = paper(
        3,
        names=(words, "x" * 2000, words),
        buyer=replace(BUYER, name=words),
        notes="\n".join([words] * 8),
        mentions=(words,),
    )
    said = text(pdf.render(html(model)))
    assert said.count(squeezed(words[:40])) == 12
    assert said.count("word299") == 12
    assert said.count("x" * 20) >= 80


def test_a_draft_says_so_instead_of_a_number() -> None:
    said = text(pdf.render(html(paper(1, number=None, issue_date=None))))
    assert "InvoiceDraft" in said
    assert "2026-0042·" not in said


def test_without_tax_nobody_speaks_of_it() -> None:
    model = paper(
        2, tax=NO_TAX, currency="USD", seller=replace(SELLER, vat_id=""), buyer=Party("Jo")
    )
    assert "VAT" not in text(pdf.render(html(model)))


@pytest.mark.parametrize(
    ("country", "legal_id", "said"),
    [
        ("FR", "404 833 048", "SIREN 404 833 048"),
        ("FR", "40483304800022", "SIRET 40483304800022"),
        ("DE", "HRB 1234", "Company number HRB 1234"),
    ],
)
def test_a_company_number_has_the_name_it_has_at_home(
    country: str, legal_id: str, said: str
) -> None:
    buyer = replace(BUYER, country=country, legal_id=legal_id)
    assert said in html(paper(1, buyer=buyer))
    assert said in html(paper(1, buyer=buyer), "documents/_invoice_screen.html")


def test_the_total_with_tax_is_said_even_when_it_is_the_sum_due() -> None:
    said = html(paper(1))
    assert "Total with VAT" in said
    assert "Amount due" in said


def test_discounts_and_what_was_paid_are_shown() -> None:
    model = paper(2, allowances=(AllowanceCharge(percent=Decimal(5)),), prepaid="100")
    said = text(pdf.render(html(model)))
    assert "Discount5%-€136.00" in said.replace("−", "-")
    assert "Alreadypaid-€100.00" in said.replace("−", "-")
    assert "Amountdue€3,000.80" in said


def test_the_logo_is_drawn_and_fonts_are_embedded() -> None:
    data = pdf.render(html(paper(1, logo=logo())))
    page = read(data).pages[0]
    assert len(page.images) == 1
    assert b"/FontFile2" in data
    assert read(data).metadata.title == "Invoice 2026-0042"  # type: ignore[union-attr]


def test_the_screen_says_the_same() -> None:
    model = paper(5, notes="First.", allowances=(AllowanceCharge(percent=Decimal(5)),))
    shown = html5lib.parse(
        html(model, "documents/_invoice_screen.html"), namespaceHTMLElements=False
    )
    said = squeezed("".join(shown.itertext()))
    for words in everything(model):
        assert squeezed(words) in said, words


HOSTILE = (
    '<img src="file:///etc/passwd">',
    '<img src="c.png">',
    '<img src="../c.png">',
    "<link rel=stylesheet href=http://127.0.0.1:{port}/x.css>",
    '<img src="http://127.0.0.1:{port}/x.png">',
    '<img src="http://2130706433:{port}/x.png">',
    "<style>@import url(http://127.0.0.1:{port}/i.css);</style>",
    "<style>p {{ background-image: url(c.png); }}</style>",
    "<style>@font-face {{ font-family: Paper; src: url(/etc/passwd); }}</style>",
    "<style>@page {{ background-image: url(file:///etc/passwd); }}</style>",
    '<svg><image href="file:///etc/passwd"/></svg>',
    '<a href="file:///etc/passwd">here</a>',
    (
        "<font color=\"[[[getattr(pow, Word('__globals__'))['os'].system('touch {canary}') "
        "for Word in [type('Word', (str,), {{}})]]] and 'red'\">x</font>"
    ),
    "<p style=\"color: __import__('os').system('touch {canary}')\">x</p>",
    "</td></tr></table><pdf:include src='c.png'>",
    "<pdf:pagecount></pdf:pagecount>",
    "{{{{ config }}}} {{% raw %}} ${{7*7}} #{{7*7}}",
    "/F1 9 Tf (x) Tj ET",
    "<script>alert(1)</script>",
    "']}}); <!-- --> ]]> &lt;b&gt; &#0; %(name)s",
)


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A listener nobody must call, a picture in the working folder, a file nobody must make."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40), "#ff00ff").save("c.png")
    Image.new("RGB", (40, 40), "#ff00ff").save(tmp_path.parent / "c.png")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield {"port": listener.getsockname()[1], "canary": tmp_path / "canary"}
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert not (tmp_path / "canary").exists()


def harmless(data: bytes) -> str:
    """What the pages say, known to have no picture, no link and nothing of a file."""
    for page in read(data).pages:
        assert not page.images
        assert "/Annots" not in page
    said = text(data)
    assert "root:" not in said
    return said


def test_hostile_texts_are_only_texts(trap: dict[str, Any]) -> None:
    texts = [hostile.format(**trap) for hostile in HOSTILE]
    model = paper(
        len(texts),
        names=tuple(texts),
        number=texts[0],
        seller=replace(SELLER, name=texts[12], address=tuple(texts)),
        buyer=replace(BUYER, name=texts[4], address=tuple(texts)),
        notes="\n".join(texts),
        mentions=tuple(texts),
        payment=replace(PAYMENT, reference=texts[1], terms=texts[5]),
        order_reference=texts[2],
    )
    said = harmless(pdf.render(html(model)))
    for hostile in texts:
        assert said.count(squeezed(hostile)) >= 5, hostile


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_markup_is_refused_or_harmless_raw(trap: dict[str, Any], number: int) -> None:
    markup = HOSTILE[number].format(**trap)
    try:
        data = pdf.render(f"<html><body><p>x</p>{markup}<p>y</p></body></html>")
    except pdf.RenderFailed:
        return
    for page in read(data).pages:
        assert not page.images
    assert "root:" not in text(data)


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="c.png">',
        '<img src="../c.png">',
        '<img src="file:///etc/passwd">',
        '<img src="http://127.0.0.1:{port}/x.png">',
        '<p style="background-image: url(http://127.0.0.1:{port}/x.png)">x</p>',
        "<style>@font-face {{ font-family: Other; src: url(/etc/passwd); }}</style>",
    ],
)
def test_what_the_policy_refuses_fails_the_render_raw(trap: dict[str, Any], markup: str) -> None:
    with pytest.raises(pdf.RenderFailed):
        pdf.render(f"<html><body>{markup.format(**trap)}</body></html>")


@pytest.mark.parametrize("family", ["Helvetica", "Times", "Courier", "Symbol"])
def test_text_in_a_font_that_is_not_embedded_fails_the_render_raw(family: str) -> None:
    with pytest.raises(pdf.RenderFailed, match=r"not embedded|No font"):
        pdf.render(f'<p style="font-family: {family}">text</p>')


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 5000 + "x" + "</div>" * 5000,
        '<table><tr><td colspan="1000000">x</td></tr></table>',
        "<p>" + "x" * 3_000_000,
        '<img src="data:image/png;base64,' + "A" * 3_000_000 + '">',
        "<style>@page { size: 1pt 1pt; margin: 50cm }</style><p>x</p>",
    ],
    ids=["nested", "colspan", "large", "image", "margins"],
)
def test_a_bomb_ends_within_its_limits_raw(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "CPU_SECONDS", 2)
    started = time.monotonic()
    with pytest.raises(pdf.RenderFailed):
        pdf.render(f"<html><body>{bomb}</body></html>")
    assert time.monotonic() - started < 30


def test_the_clock_ends_what_takes_too_long_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "WALL_SECONDS", 0.3)
    before = _children()
    with pytest.raises(pdf.RenderFailed, match="longer than"):
        pdf.render("<div>" * 3000)
    assert _children() <= before


def _children() -> set[str]:
    """The processes that this one has, dead ones that nobody asked for included."""
    lists = Path("/proc/self/task").glob("*/children")
    return {pid for each in lists for pid in each.read_text().split()}


def test_the_web_never_loads_the_drawing_library() -> None:
    code = "import sys, invoicing.infra.pdf; sys.exit('xhtml2pdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_accent_and_logo_cannot_be_anything_else() -> None:
    for accent in ("red", "#FFF", "#0b6b5d; }", "#0b6b5d\n"):
        with pytest.raises(ValueError, match="accent"):
            paper(1, accent=accent)
    for address in ("file:///etc/passwd", "c.png", "data:image/svg+xml;base64,AAAA", "http://x/"):
        with pytest.raises(ValueError, match="logo"):
            paper(1, logo=address)
