"""Takes the pictures of docs/pictures from the running application, filled with a small company.

`make screenshots` writes the few pictures of the documentation. `--sheet FOLDER` writes every page
instead, in both languages, light and dark, on a laptop and on a phone, to look through.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from PIL import Image  # noqa: E402 - found by the line above
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from sqlalchemy import select  # noqa: E402

from invoicing.config import Config  # noqa: E402
from invoicing.factory import create_app  # noqa: E402
from invoicing.infra.db import db, read  # noqa: E402
from invoicing.invoices.models import Invoice  # noqa: E402
from provide import atelier, chromium, mail  # noqa: E402
from provide.application import Application, free_port, wait_for  # noqa: E402
from provide.watching import LAPTOP, PHONE  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
PATIENCE = 120.0
SETTINGS = ("company", "payment", "look", "mail", "me", "system")


class Studio:
    """The running application, one owner in it, and a camera."""

    def __init__(self, browser: Browser, running: Application, sink: mail.Sink) -> None:
        self.browser = browser
        self.url = running.url.replace("127.0.0.1", "localhost")
        self.setup_link = running.setup_link()
        self.sink = sink
        settings = {"INSTANCE_PATH": str(running.instance), "PUBLIC_URL": self.url}
        self.app = create_app(Config.from_environment({**settings, "LOG_LEVEL": "ERROR"}))

    @contextmanager
    def visit(
        self, size: dict[str, int], colours: str, language: str, *, is_owner: bool = True
    ) -> Iterator[Page]:
        """A page in a browser of its own, signed in as the owner or not."""
        context = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            color_scheme=colours,  # type: ignore[arg-type]
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            reduced_motion="reduce",
        )
        page = context.new_page()
        if is_owner:
            atelier.speak(self.app, language)
            page.goto(f"{self.url}/login")
            page.fill("[name=email]", atelier.OWNER)
            page.fill("[name=password]", atelier.PASSWORD)
            page.locator("main button").last.click()
            page.wait_for_url(lambda url: "/login" not in url)
        yield page
        context.close()

    def do_business(self) -> None:
        """Fill it, and wait until every mail has arrived."""
        count = atelier.make_business(self.app)
        wait_for(lambda: len(self.sink.messages) == count, seconds=PATIENCE)
        wait_for(lambda: not self._refs(Invoice.mail_state == "queued"), seconds=PATIENCE)
        wait_for(lambda: not self._refs(Invoice.mail_state == "sending"), seconds=PATIENCE)
        atelier.open_links(self.app)

    def invoices(self) -> dict[str, str]:
        """Some invoices worth a picture, by what they are."""
        issued = Invoice.issued_at.is_not(None)
        return {
            "draft": self._refs(Invoice.issued_at.is_(None))[0],
            "paid": self._refs(issued, Invoice.amount_due == 0)[0],
            "late": self._refs(issued, Invoice.amount_due > 0)[0],
            "sent": self._refs(issued, Invoice.amount_due > 0)[-2],
        }

    def public_links(self) -> list[str]:
        """The addresses in the clients' mails, oldest first."""
        texts = (letter.get_body(("plain",)) for letter in self.sink.messages)
        words = [word for text in texts if text for word in text.get_content().split()]
        return [word for word in words if word.startswith(f"{self.url}/i/")]

    def _refs(self, *conditions: object) -> list[str]:
        with self.app.app_context():
            found = read().scalars(select(Invoice.ref).where(*conditions).order_by(Invoice.id))  # type: ignore[arg-type]
            refs = list(found)
            read().rollback()
        return refs

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def studio() -> Iterator[Studio]:
    """Everything started, and ended after the block."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, mail.sink() as sink, sync_playwright() as play:
        settings = {"PORT": str(port), "PUBLIC_URL": f"http://localhost:{port}"}
        running = Application(Path(folder) / "instance", **settings).wait_until_ready()
        browser = play.chromium.launch(
            executable_path=chromium.executable(play), args=list(chromium.ARGUMENTS)
        )
        made = Studio(browser, running, sink)
        try:
            yield made
        finally:
            made.close()
            browser.close()
            running.stop()


# ---------------------------------------------------------------- for the documentation


def take_pictures(studio: Studio) -> None:
    """The handful that the documentation shows."""
    atelier.make_owner(studio.app)
    atelier.make_company(studio.app)
    atelier.finish(studio.app, studio.sink.port)
    studio.do_business()
    some = studio.invoices()
    with studio.visit(LAPTOP, "light", "en") as page:
        _keep(_shot(page, f"{studio.url}/"), "home")
        _keep(_shot(page, f"{studio.url}/invoices/{some['sent']}"), "invoice")
    with studio.visit(LAPTOP, "dark", "en") as page:
        _keep(_shot(page, f"{studio.url}/invoices/{some['draft']}/edit"), "editor-dark")
    with studio.visit(PHONE, "dark", "fr") as page:
        _keep(_shot(page, f"{studio.url}/invoices"), "invoices-phone-dark-fr")
    with studio.visit(PHONE, "light", "fr", is_owner=False) as page:
        _keep(_shot(page, studio.public_links()[-2]), "client-phone-fr")


def _shot(page: Page, url: str, *, is_whole: bool = False) -> bytes:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page.screenshot(full_page=is_whole)


def _keep(data: bytes, name: str) -> None:
    """Write a picture, with a palette where it would be too large."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size <= MOST_BYTES, path


# ------------------------------------------------------------------------ every page


def take_sheet(studio: Studio, folder: Path) -> None:
    """Every page of the application, four pictures of each beside one another."""
    folder.mkdir(parents=True, exist_ok=True)
    token = studio.setup_link.replace("127.0.0.1", "localhost")
    _sheet(studio, folder, {"closed": "/", "setup-account": token}, is_owner=False)
    atelier.make_owner(studio.app)
    _sheet(studio, folder, {"setup-company": "/setup/company"})
    atelier.make_company(studio.app)
    _sheet(studio, folder, {"setup-payment": "/setup/payment"})
    atelier.finish(studio.app, studio.sink.port)
    empty = ("", "invoices", "clients", "payments", "mailbox", "invoices/new")
    _sheet(studio, folder, {f"empty-{path.replace('/', '-')}": f"/{path}" for path in empty})
    studio.do_business()
    some = studio.invoices()
    pages = {path or "home": f"/{path}" for path in (*empty, "clients/new", "nowhere")}
    pages |= {f"settings-{name}": f"/settings/{name}" for name in SETTINGS}
    pages |= {f"invoice-{name}": f"/invoices/{ref}" for name, ref in some.items()}
    pages["editor"] = f"/invoices/{some['draft']}/edit"
    pages["review"] = f"/invoices/{some['draft']}/send"
    pages["payment-new"] = f"/invoices/{some['sent']}/payments/new"
    _sheet(studio, folder, pages)
    links = studio.public_links()
    strange = {"login": "/login", "forgot": "/forgot", "client-paid": links[0]}
    _sheet(studio, folder, {**strange, "client-sent": links[-2]}, is_owner=False)


def _sheet(studio: Studio, folder: Path, pages: dict[str, str], *, is_owner: bool = True) -> None:
    for language in ("en", "fr"):
        taken: dict[str, list[Image.Image]] = {name: [] for name in pages}
        for size in (LAPTOP, PHONE):
            for colours in ("light", "dark"):
                with studio.visit(size, colours, language, is_owner=is_owner) as page:
                    for name, path in pages.items():
                        url = path if path.startswith("http") else studio.url + path
                        data = _shot(page, url, is_whole=True)
                        taken[name].append(Image.open(io.BytesIO(data)).convert("RGB"))
        for name, images in taken.items():
            _beside(images).save(folder / f"{name.replace('/', '-')}-{language}.png")


def _beside(images: list[Image.Image]) -> Image.Image:
    gap = 20
    width = sum(image.width + gap for image in images)
    board = Image.new("RGB", (width, max(image.height for image in images)), (120, 120, 140))
    left = 0
    for image in images:
        board.paste(image, (left, 0))
        left += image.width + gap
    return board


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, metavar="FOLDER", help="every page, into FOLDER")
    chosen = parser.parse_args()
    with studio() as opened:
        if chosen.sheet:
            take_sheet(opened, chosen.sheet)
        else:
            take_pictures(opened)
