"""Secrets at rest: the instance's key files and Fernet seals bound to a purpose."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from invoicing.config import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_KEY_FILE = "secret.key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SealBroken(Exception):
    """What is sealed was changed, or sealed with another key or for another purpose."""


class Keys:
    """The instance's one master key; each purpose gets a key of its own derived from it."""

    def __init__(self, master: bytes) -> None:
        """`master` is 32 random bytes."""
        self._master = master

    def derive(self, purpose: str) -> bytes:
        """32 bytes for `purpose` (HKDF-SHA-256)."""
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
        return kdf.derive(self._master)

    def seal(self, purpose: str, text: str) -> str:
        """`text` encrypted and authenticated for `purpose`."""
        return self._fernet(purpose).encrypt(text.encode()).decode()

    def unseal(self, purpose: str, sealed: str) -> str:
        """What was sealed; raises SealBroken."""
        try:
            return self._fernet(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            message = f"cannot open what was sealed for {purpose}: wrong or lost key"
            raise SealBroken(message) from error

    def _fernet(self, purpose: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.derive(purpose)))


def load_keys(instance: Path) -> Keys:
    """The keys in `instance`, made at the first start; raises ConfigError if others can read."""
    path = instance / _KEY_FILE
    try:
        if not path.exists():
            _create(path)
        mode = path.stat().st_mode
        master = base64.urlsafe_b64decode(path.read_bytes().strip())
    except OSError as error:
        message = f"Cannot read or write the key {path}: {error.strerror}."
        raise ConfigError(message) from error
    if mode & _OTHERS:
        message = f"The key {path} is readable by others. Run: chmod 600 {path}"
        raise ConfigError(message)
    return Keys(master)


def current_keys() -> Keys:
    """The keys of the app that is running."""
    keys: Keys = current_app.extensions["keys"]
    return keys


def _create(path: Path) -> None:
    """Write a new key aside and link it into place, so that two starters agree on one."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink(missing_ok=True)
