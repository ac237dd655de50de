"""A Chromium for browser tests: the system's, else Debian's package, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Playwright

from provide.locks import alone

#: Chromium without its sandbox, which containers do not allow; pages come from this repository.
#: Every name but this machine's is unknown to it.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class ChromiumMissing(Exception):
    """No browser could be had; the message says what to install."""


def executable(playwright: Playwright) -> str:
    """The path of a Chromium, installed if need be; raises ChromiumMissing."""
    found = _on_path() or _of_playwright(playwright)
    if found:
        return found
    with alone(Path(tempfile.gettempdir()) / f"invoicing-chromium-{os.getuid()}.lock"):
        return _on_path() or _of_playwright(playwright) or _install(playwright)


def _on_path() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _of_playwright(playwright: Playwright) -> str | None:
    path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install(playwright: Playwright) -> str:
    if os.getuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run(["apt-get", *command], env=environment, capture_output=True, check=False)
    if path := _on_path():
        return path
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"],
        capture_output=True,
        check=False,
    )
    if path := _of_playwright(playwright):
        return path
    raise ChromiumMissing(
        "Browser tests need Chromium: install the Debian package chromium (apt install chromium)."
    )
