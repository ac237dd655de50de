"""Collect the application's texts and hold the translation catalogues against them.

`check` fails when a text has no translation in a language; `update` writes new texts into the
catalogues, to be translated by hand. English is the language of the message ids.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "invoicing" / "translations"
LANGUAGES = ("fr",)
KEYWORDS = ("msg", "nmsg:1,2", "lazy_gettext", "_l", "lazy_ngettext:1,2")

#: A text that is gone leaves no trace, and a run without news changes nothing.
KEPT = ("--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")


def pybabel(*arguments: object) -> None:
    """Run one command of Babel; its own words only when it fails."""
    command = [sys.executable, "-m", "babel.messages.frontend", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip() or done.stdout.strip())


def extract(target: Path) -> None:
    """Write every text of code and templates to `target`."""
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    pybabel(
        *("extract", "-F", ROOT / "pyproject.toml", *keywords, "--no-location", "--sort-output"),
        *("--omit-header", "-o", target, "."),
    )


def read(path: Path) -> Catalog:
    """The catalogue in `path`."""
    with path.open("rb") as file:
        return read_po(file)


def is_translated(message: Message | None) -> bool:
    """Whether a person has written every form of this text, and nothing waits for a second look."""
    if message is None or message.fuzzy:
        return False
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(forms)


def gaps(wanted: Catalog, have: Catalog) -> list[str]:
    """The texts of `wanted` that `have` does not say, and those whose places differ."""
    found = []
    for message in wanted:
        if not message.id:
            continue
        translation = have.get(message.id, message.context)
        name = message.id if isinstance(message.id, str) else message.id[0]
        if not is_translated(translation):
            found.append(f"not translated: {name}")
        elif translation is not None:
            found += [f"{error}: {name}" for error in translation.check(have)]
    return found


def check() -> int:
    """Print what is missing; the exit code."""
    if not FOLDER.is_dir():
        print(f"there is no catalogue in {FOLDER.relative_to(ROOT)}")  # noqa: T201
        return 1
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        wanted = read(template)
    missing = [
        f"{language}: {gap}"
        for language in LANGUAGES
        for gap in gaps(wanted, read(FOLDER / language / "LC_MESSAGES" / "messages.po"))
    ]
    for line in missing:
        print(line)  # noqa: T201
    return 1 if missing else 0


def update() -> int:
    """Bring the catalogues to the texts of today; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        for language in LANGUAGES:
            target = FOLDER / language / "LC_MESSAGES" / "messages.po"
            verb = "update" if target.exists() else "init"
            options = KEPT if verb == "update" else ()
            pybabel(verb, *options, "-i", template, "-d", FOLDER, "-l", language)
    return check()


if __name__ == "__main__":
    sys.exit({"check": check, "update": update}[sys.argv[1]]())
