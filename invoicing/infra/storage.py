"""Files that are kept for good, each under the SHA-256 of its bytes.

A file is written once, whole and durably, or not at all; what is read back is what was written,
or it raises. Here is no knowledge of what the files are, and nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from invoicing.core.errors import Unavailable
from invoicing.core.text import msg

_NAME: Final = re.compile("[0-9a-f]{64}")


class StoredFileMissing(Unavailable):
    """The folder of stored files does not have this one."""

    default = msg("This file is missing on the server. Ask whoever runs it to restore a backup.")


class StoredFileDamaged(Unavailable):
    """The stored bytes are no longer those that were put."""

    default = msg("This file is damaged on the server. Ask whoever runs it to restore a backup.")


class FileStore:
    """A folder of files named by their content; readable by this user of the machine only."""

    def __init__(self, root: Path) -> None:
        """`root` is made with the first file."""
        self._root = root

    def put(self, data: bytes) -> str:
        """Keep `data` and return its name, the SHA-256 in hex; on disk when this returns.

        The same bytes again are the same file; a damaged copy is replaced by the whole one.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path(sha256)
        if target.is_file() and _digest(target.read_bytes()) == sha256:
            return sha256
        self._make_folder(target.parent)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of that name; raises `StoredFileMissing` or `StoredFileDamaged`."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise StoredFileMissing from None
        if _digest(data) != sha256:
            raise StoredFileDamaged
        return data

    def exists(self, sha256: str) -> bool:
        """Whether a file of that name is there; its bytes are not looked at."""
        return self.path(sha256).is_file()

    def path(self, sha256: str) -> Path:
        """Where the file of that name is or would be; raises ValueError on any other string."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("not the SHA-256 of a stored file")
        return self._root / sha256[:2] / sha256[2:]

    def _make_folder(self, folder: Path) -> None:
        """`folder` and the root, private, and known to the disk."""
        for one in (self._root, folder):
            if not one.is_dir():
                one.mkdir(mode=0o700, parents=True, exist_ok=True)
                _sync_folder(one.parent)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
