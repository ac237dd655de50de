"""The journey: from a fresh clone to a paid invoice, as a stranger makes it.

Everything in it is real: the clone, `make run`, the pages in Chromium, the mail server, the PDF,
the client who opens the link in a browser of her own, the check of the books at the end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from pypdf import PdfReader

from provide import clone
from provide.application import wait_for
from provide.mail import Sink
from provide.watching import Person, person
from provide.words import Say, words

pytestmark = [pytest.mark.browser, pytest.mark.processes]

MOST_CLICKS, MOST_KEYS = 10, 450
IBAN = "FR1420041010050500013M02606"
#: What is typed: description, quantity, price, tax.
LINES = (("Website, design and texts", "12.5", "85", "S-20"), ("Guide Zoé", "3", "12.40", "S-5.5"))
#: What it comes to: the lines, without tax, tax by rate, in all.
AMOUNTS = ("1,062.50", "37.20", "1,099.70", "212.50", "2.05", "1,314.25")
TOTAL = AMOUNTS[-1]


@dataclass(frozen=True)
class Way:
    """One way to make the journey."""

    language: str
    client_language: str
    has_script: bool
    #: How the screen looks: axe measures contrasts in each.
    colours: str
    #: Whether `make run` finds the libraries installed, or begins with nothing.
    is_installed: bool


WAYS = {
    "english": Way("en", "en", has_script=True, colours="light", is_installed=False),
    "french": Way("fr", "fr", has_script=True, colours="dark", is_installed=True),
    "without_script": Way("en", "fr", has_script=False, colours="light", is_installed=True),
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    """Each of them in turn."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def installation(way: Way, tmp_path: Path) -> Iterator[clone.Installation]:
    """A clone of this repository that runs."""
    with clone.running(tmp_path, is_installed=way.is_installed) as running:
        yield running


def test_from_a_fresh_clone_to_a_paid_invoice(
    way: Way, installation: clone.Installation, browser: Browser, smtp: Sink
) -> None:
    options = {"java_script_enabled": way.has_script, "color_scheme": way.colours}
    link = installation.setup_link()
    with person(browser, language=way.language, **options) as owner:
        journey = Journey(way, installation, owner, smtp)
        journey.is_closed_before_set_up()
        journey.set_up(link)
        journey.is_set_up_for_good(link)
        journey.write_the_invoice()
        journey.send_it()
        paper = journey.letter_arrives()
        with person(browser, language="en", **options) as client:
            address = journey.client_opens_the_link(client, paper)
            journey.owner_learns_of_it()
            journey.record_the_payment()
            journey.everybody_reads_paid(client, address)
        journey.every_other_page_is_in_order()
    journey.books_are_whole()


class Journey:
    """The steps, in their order."""

    def __init__(
        self, way: Way, installation: clone.Installation, owner: Person, smtp: Sink
    ) -> None:
        self.way = way
        self.installation = installation
        self.owner = owner
        self.page = owner.page
        self.smtp = smtp
        self.url = installation.url
        self.invoice_url = ""

    # ------------------------------------------------------------------------- set-up

    def is_closed_before_set_up(self) -> None:
        """Every page says to open the link that the start has printed."""
        say = words(self.way.language)
        for path in ("/", "/login", "/invoices", "/clients/new", "/settings/company"):
            answer = self.page.goto(self.url + path)
            assert answer is not None
            assert answer.status == 503
            expect(
                self.page.get_by_text(say("Open the set-up link printed at start."))
            ).to_be_visible()
        self.owner.look(axe=self.way.has_script)
        self.owner.forgive("503")

    def set_up(self, link: str) -> None:
        """Three short forms; the last one ends on the first invoice."""
        owner, say = self.owner, self.say
        self.page.goto(link)
        self._look()
        assert self._controls() <= 5
        owner.type(self._field("name"), "Ann Martin")
        owner.type(self._field("email"), "ann@rivage.example")
        owner.type(self._field("password"), "quatre mots simples joints")
        if self._field("language").input_value() != self.way.language:
            owner.choose(self._field("language"), value=self.way.language)
        owner.click(self._button("Continue"))

        expect(self._heading()).to_have_text(say("Your company"))
        self._look()
        assert self._controls() <= 5
        owner.type(self._field("name"), "Atelier Rivage")
        owner.choose(self._field("country"), value="FR")
        owner.type(self._field("street"), "12 rue des Lilas")
        owner.type(self._field("place"), "44000 Nantes")
        owner.type(self._field("vat_identifier"), "FR83404833048")
        owner.click(self._button("Continue"))

        expect(self._heading()).to_have_text(say("Getting paid"))
        assert self._controls() <= 5
        owner.type(self._field("iban"), IBAN)
        owner.click(self.page.get_by_text(say("Send invoices by mail")))
        owner.type(self._field("host"), self.smtp.host)
        owner.click(self.page.get_by_text(say("Add a detail")))
        owner.type(self._field("port"), str(self.smtp.port))
        self._look()
        owner.click(self._button("Send a test mail"))
        self._see(self.page.get_by_text(say("The mail server took it.")))
        assert self.smtp.recipients == [["ann@rivage.example"]]
        self._look()
        owner.click(self._button("Finish"))
        expect(self.page).to_have_url(self.url + "/invoices/new")

    def is_set_up_for_good(self, link: str) -> None:
        """Nothing of the set-up is left, not even for the owner."""
        for path in ("/setup/account", "/setup/company", "/setup/payment"):
            assert self.page.request.get(self.url + path).status == 404
        assert self.page.request.get(link).status == 404

    # ------------------------------------------------------------------- the invoice

    def write_the_invoice(self) -> None:
        """A new client and two lines; the server says what they come to."""
        owner = self.owner
        expect(self._field("client_name")).to_be_focused()
        self._look()
        owner.type(self._field("client_name"), "Brasserie <b>Zoé</b> & fils")
        owner.type(self._field("client_email"), "compta@brasserie.example")
        owner.type(self._field("client_street"), "3 quai de la Fosse")
        owner.type(self._field("client_postcode"), "44000")
        owner.type(self._field("client_city"), "Nantes")
        owner.choose(self._field("client_language"), value=self.way.client_language)
        for number, (text, quantity, price, tax) in enumerate(LINES):
            if number:
                owner.click(self._button("Add a line"))
            line = self.page.locator("[data-line]").nth(number)
            owner.type(line.locator("[name$=-desc]"), text)
            owner.type(line.locator("[name$=-qty]"), self._typed(quantity))
            owner.type(line.locator("[name$=-price]"), self._typed(price))
            if line.locator("[name$=-tax]").input_value() != tax:
                owner.choose(line.locator("[name$=-tax]"), value=tax)
        if self.way.has_script:
            expect(self.page.locator("#totals")).to_contain_text(self._amount(TOTAL))
            expect(self.page.locator("#preview")).to_contain_text("Guide Zoé")
        self._look()

    def send_it(self) -> None:
        """Review, then send; the page says no more than what is true at the moment."""
        owner, say = self.owner, self.say
        if self.way.has_script:
            owner.press("Control+Enter")
        else:
            owner.click(self._button("Review and send"))
        expect(self.page).to_have_url(re.compile(r"/invoices/inv_\w+/send$"))
        self._look()
        self.smtp.is_held = True
        owner.click(self._button("Send"))
        expect(self.page).to_have_url(re.compile(r"/invoices/inv_\w+$"))
        self.invoice_url = self.page.url
        assert owner.clicks <= MOST_CLICKS, owner.acts
        assert owner.keys <= MOST_KEYS, owner.acts

        # The mail server has the letter in hand and has not said yes yet.
        state = self.page.locator("#state")
        self._see(state.get_by_text(say("The mail is on its way…")))
        expect(state).to_contain_text(say("The mail is on its way"))
        self._look()
        assert len(self.smtp.messages) == 1
        self.smtp.is_held = False
        self._see(state.get_by_text(re.compile(_beginning(say("Due on %(day)s")))))
        self._look()

    def letter_arrives(self) -> str:
        """The mail has a text, an HTML part and the PDF, which says what the screen says."""
        wait_for(lambda: len(self.smtp.messages) == 2)
        letter = self.smtp.messages[1]
        assert self.smtp.recipients[1] == ["compta@brasserie.example"]
        html, text = (_content(letter, kind) for kind in ("html", "plain"))
        assert _links(html) == _links(text) == {_link(letter)}
        assert "<b>Zoé</b>" not in html
        (attached,) = letter.iter_attachments()
        assert attached.get_content_type() == "application/pdf"
        screen, pdf = self.page.locator("article.paper"), _pdf_text(attached.get_content())
        number = re.search(r"\d{4}-\d+", screen.inner_text())
        assert number
        assert number.group() in str(letter["Subject"])
        assert number.group() in str(attached.get_filename())
        _same(screen, pdf)
        return pdf

    # -------------------------------------------------------------------- the client

    def client_opens_the_link(self, client: Person, pdf: str) -> str:
        """Without login or cookie the client reads what is to be paid, and where to."""
        link = _link(self.smtp.messages[1])
        client.page.goto(link)
        top = client.page.locator("section.pay")
        expect(top).to_contain_text(_in(self.way.client_language, TOTAL))
        expect(top).to_contain_text(re.sub(r"(.{4})", r"\1 ", IBAN).strip())
        expect(client.page.locator("html")).to_have_attribute("lang", self.way.client_language)
        _same(client.page.locator("article.paper"), pdf)
        if self.way.has_script:
            client.look()
        assert client.page.context.cookies() == []
        answer = client.page.request.get(link + "/pdf")
        assert _pdf_text(answer.body()) == pdf
        return link

    def owner_learns_of_it(self) -> None:
        """The page says that the link was opened, when a script could tell; else it does not."""
        opened = self.page.get_by_text(self.say("The client opened the link"))
        if self.way.has_script:
            self._see(opened, reload=True)
            expect(self.page.locator("#state")).to_contain_text(
                _beginning(self.say("Viewed, due on %(day)s"))
            )
        else:
            self.page.wait_for_timeout(2000)
            self.page.reload()
            expect(opened).to_have_count(0)

    def record_the_payment(self) -> None:
        """Paid in full: amount and day are proposed."""
        name = self.say("Record a payment")
        if self.way.has_script:
            self.owner.click(self.page.get_by_role("button", name=name))
            within = self.page.get_by_role("dialog", name=name)
        else:
            self.owner.click(self.page.get_by_role("link", name=name))
            within = self.page.locator("main")
        expect(within.locator("[name=amount]")).to_have_value(self._typed(TOTAL.replace(",", "")))
        self._look()
        self.owner.click(within.get_by_role("button", name=self.say("Record"), exact=True))
        expect(self.page).to_have_url(self.invoice_url)

    def everybody_reads_paid(self, client: Person, address: str) -> None:
        """The owner's page, the client's and home agree."""
        paid = self.say("Paid")
        expect(self.page.locator("#state .badge")).to_have_text(paid)
        self._look()
        client.page.goto(address)
        expect(client.page.locator("section.pay .badge")).to_contain_text(
            _beginning(words(self.way.client_language)("Paid on %(day)s"))
        )
        if self.way.has_script:
            client.look()
        for path in ("/", "/invoices"):
            self.page.goto(self.url + path)
            row = self.page.get_by_role("row").filter(has_text="Brasserie")
            expect(row).to_contain_text(paid)
            expect(row).to_contain_text(self._amount(TOTAL))
            self._look()

    # ----------------------------------------------------------------------- the rest

    def every_other_page_is_in_order(self) -> None:
        """The pages the journey did not lead through."""
        paths = ["/clients", "/clients/new", "/payments", "/settings/company", "/settings/me"]
        for path in [*paths, "/settings/mail", "/settings/system", "/mailbox", "/nowhere"]:
            self.page.goto(self.url + path)
            self._look()
        self.page.goto(self.url + "/clients")
        self.owner.click(self.page.get_by_role("link", name="Brasserie"))
        expect(self._heading()).to_have_text("Brasserie <b>Zoé</b> & fils")
        self._look()

    def books_are_whole(self) -> None:
        """`flask verify` finds nothing."""
        done = self.installation.flask("verify")
        assert done.returncode == 0, done.stdout + done.stderr

    # ------------------------------------------------------------------- what is used

    @cached_property
    def say(self) -> Say:
        """The owner's words."""
        return words(self.way.language)

    def _see(self, what: Locator, *, reload: bool = False) -> None:
        """Wait until it is there; without script the page has to be loaded again."""
        if self.way.has_script and not reload:
            expect(what.first).to_be_visible(timeout=15_000)
            return

        def is_there() -> bool:
            if what.count():
                return True
            self.page.wait_for_timeout(300)
            self.page.reload()
            return bool(what.count())

        wait_for(is_there)

    def _look(self) -> None:
        self.owner.look(axe=self.way.has_script)

    def _controls(self) -> int:
        return self.page.locator("main :is(input, select, textarea):visible").count()

    def _field(self, name: str) -> Locator:
        return self.page.locator(f"main [name={name}]")

    def _button(self, words: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.say(words), exact=True)

    def _heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def _typed(self, number: str) -> str:
        return number.replace(".", ",") if self.way.language == "fr" else number

    def _amount(self, amount: str) -> str:
        return _in(self.way.language, amount)


def _in(language: str, amount: str) -> str:
    """An amount with the marks of the language."""
    return amount.replace(",", "\u202f").replace(".", ",") if language == "fr" else amount


def _beginning(text: str) -> str:
    """What stands before the first parameter."""
    return text.partition("%(")[0]


def _content(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def _links(text: str) -> set[str]:
    return set(re.findall(r"http://localhost:\d+/i/[\w-]{20,}", text))


def _link(letter: EmailMessage) -> str:
    (link,) = _links(_content(letter, "plain"))
    return link


def _pdf_text(data: bytes) -> str:
    return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(data)).pages)


def _same(screen: Locator, pdf: str) -> None:
    """The paper on the screen and the PDF say the same: cell by cell, and no amount more."""
    cells = screen.locator("h2, strong, td, th[scope=row], dd").all_inner_texts()
    assert len(cells) > 20
    bare = _bare(pdf)
    assert [cell for cell in cells if _bare(cell) not in bare] == []
    amounts = _amounts(screen.inner_text())
    assert len(amounts) >= len(AMOUNTS)
    assert _amounts(pdf) == amounts


def _bare(text: str) -> str:
    """Without spaces, which a PDF does not keep."""
    return "".join(text.split())


def _amounts(text: str) -> list[str]:
    """Every amount with its cents, sorted."""
    return sorted(re.findall(r"€?\d[\d.,\s]*[.,]\d\d(?=\D)€?", _bare(text)))
