"""Which passwords are good, and how they are hashed."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest

from invoicing.identity import domain, passwords
from invoicing.identity.domain import (
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    check_password,
)

GOOD = "four plain words joined"


@pytest.mark.parametrize(
    "typed", [GOOD, "x" * 6 + "yz" * 3, "é" * 5 + "abcdefg", "Tr0ub4dor&3 zzz"]
)
def test_a_password_needs_no_signs_or_digits(typed: str) -> None:
    check_password(typed)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("eleven char", PasswordTooShort),
        ("e\u0301" * 11, PasswordTooShort),
        ("x y" * 86, PasswordTooLong),
        ("1q2w3e4r5t6y", PasswordTooCommon),
        ("PASSWORD!2026", PasswordTooCommon),
        ("letmein 123456", PasswordTooCommon),
        ("aaaaaaaaaaaa", PasswordTooCommon),
        ("abc1abc1abc1abc1", PasswordTooCommon),
        ("2026-11-23 19:30", PasswordTooCommon),
        ("Ann Owner", PasswordTooShort),
        ("Ann Owner 2026", PasswordTooCommon),
        ("ann@example.com", PasswordTooCommon),
    ],
)
def test_a_password_that_is_tried_first_is_refused(typed: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_password(typed, about=("Ann Owner", "ann@example.com"))


def test_no_password_of_the_shipped_list_passes() -> None:
    listed = domain._common_passwords()
    assert len(listed) > 10_000
    for password in sorted(listed):
        if len(password) >= domain.PASSWORD_LEAST:
            with pytest.raises(PasswordTooCommon):
                check_password(password)


def test_a_password_is_right_however_its_accents_were_typed() -> None:
    kept = passwords.hash_password("crème brûlée à midi")
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.is_right(unicodedata.normalize("NFD", "crème brûlée à midi"), kept)
    assert not passwords.is_right("creme brulee a midi", kept)
    assert not passwords.needs_rehash(kept)
    assert passwords.needs_rehash(kept.replace("m=47104", "m=1024"))


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=1,t=1,p=1$x$y"])
def test_nothing_is_right_for_nobody(kept: str | None) -> None:
    assert not passwords.is_right(GOOD, kept)


def test_a_longer_password_is_never_cut_into_a_right_one() -> None:
    kept = passwords.hash_password("x" * domain.PASSWORD_MOST)
    assert not passwords.is_right("x" * (domain.PASSWORD_MOST + 1), kept)


def test_at_most_two_hashes_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    class Slow:
        def hash(self, _password: str) -> str:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.02)
            with lock:
                now[0] -= 1
            return ""

    monkeypatch.setattr(passwords, "_hasher", Slow())
    threads = [threading.Thread(target=passwords.hash_password, args=(GOOD,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_a_few_words(user_agent: str, name: str) -> None:
    assert domain.browser_name(user_agent) == name
