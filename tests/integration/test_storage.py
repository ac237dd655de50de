"""Stored files: what comes back is what was put, or nothing does."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from invoicing.infra.storage import FileStore, StoredFileDamaged, StoredFileMissing


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "files"


@pytest.fixture
def store(root: Path) -> FileStore:
    return FileStore(root)


def test_a_file_comes_back_by_the_hash_of_its_bytes(store: FileStore) -> None:
    name = store.put(b"paper")
    assert name == hashlib.sha256(b"paper").hexdigest()
    assert store.exists(name)
    assert store.get(name) == b"paper"
    assert store.path(name).read_bytes() == b"paper"


def test_only_the_owner_of_the_process_reads_it(store: FileStore, root: Path) -> None:
    path = store.path(store.put(b"paper"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, root):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_bytes_are_one_file(store: FileStore, root: Path) -> None:
    assert store.put(b"paper") == store.put(b"paper")
    assert len([path for path in root.rglob("*") if path.is_file()]) == 1


def test_a_changed_byte_is_noticed_and_mended_by_putting_again(store: FileStore) -> None:
    name = store.put(b"paper")
    store.path(name).write_bytes(b"pager")
    with pytest.raises(StoredFileDamaged):
        store.get(name)
    store.put(b"paper")
    assert store.get(name) == b"paper"


def test_a_missing_file_says_so(store: FileStore) -> None:
    name = hashlib.sha256(b"never").hexdigest()
    assert not store.exists(name)
    with pytest.raises(StoredFileMissing):
        store.get(name)


@pytest.mark.parametrize("name", ["", "../secret.key", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_nothing_but_a_hash_is_a_name(store: FileStore, name: str) -> None:
    for ask in (store.get, store.exists, store.path):
        with pytest.raises(ValueError, match="SHA-256"):
            ask(name)


def test_a_write_that_fails_leaves_nothing(
    store: FileStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store.put(b"first")
    monkeypatch.setattr("invoicing.infra.storage.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"second")
    assert [path.read_bytes() for path in root.rglob("*") if path.is_file()] == [b"first"]
