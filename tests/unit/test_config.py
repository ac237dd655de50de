"""Settings from the environment: what is unsafe or makes no sense is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.config import Config, ConfigError, is_loopback


def _config(**env: str) -> Config:
    return Config.from_environment({"INSTANCE_PATH": "/srv/books", **env})


def test_nothing_set_means_this_machine_and_one_file() -> None:
    config = _config()
    assert (config.host, config.port) == ("127.0.0.1", 8000)
    assert config.database_url == "sqlite:////srv/books/invoicing.db"
    assert config.is_sqlite
    assert not config.is_https
    assert Config.from_environment({}).instance_path == Path("instance").absolute()


@pytest.mark.parametrize("short", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg(short: str) -> None:
    config = _config(DATABASE_URL=f"{short}://me@db/books")
    assert config.database_url == "postgresql+psycopg://me@db/books"
    assert not config.is_sqlite


def test_another_file_may_be_named() -> None:
    assert _config(DATABASE_URL="sqlite:////data/x.db").database_url == "sqlite:////data/x.db"


def test_a_public_https_address_is_https() -> None:
    config = _config(PUBLIC_URL="https://invoices.example.com/")
    assert config.public_url == "https://invoices.example.com"
    assert config.is_https


def test_http_is_for_this_machine_or_for_who_insists() -> None:
    assert _config(PUBLIC_URL="http://localhost:8000").public_url == "http://localhost:8000"
    assert _config(PUBLIC_URL="http://[::1]:8000").public_url
    assert _config(PUBLIC_URL="http://books.example", ALLOW_HTTP="1").allow_http


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"PUBLIC_URL": "http://books.example"}, "https"),
        ({"PUBLIC_URL": "books.example"}, "look like"),
        ({"PUBLIC_URL": "https://books.example/?a=b"}, "look like"),
        ({"PUBLIC_URL": "ftp://books.example"}, "look like"),
        ({"DEBUG": "1", "HOST": "0.0.0.0"}, "DEBUG"),  # noqa: S104 - it is refused
        ({"DEBUG": "1", "HOST": "books.example"}, "DEBUG"),
        ({"DEBUG": "1", "PUBLIC_URL": "https://books.example"}, "DEBUG"),
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ({"PORT": "0"}, "PORT must be a whole number"),
        ({"PORT": "65536"}, "65535"),
        ({"PORT": "-1"}, "PORT"),
        ({"PORT": "８０"}, "PORT"),
        ({"WEB_THREADS": "many"}, "WEB_THREADS"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"DATABASE_URL": "mysql://me:secret@db/books"}, "not mysql:"),
    ],
)
def test_what_is_unsafe_or_senseless_is_refused_in_one_line(
    env: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        _config(**env)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_an_open_port_is_for_https_or_for_who_insists() -> None:
    with pytest.raises(ConfigError, match="passwords unencrypted"):
        _config(HOST="10.0.0.1")
    assert _config(HOST="10.0.0.1", PUBLIC_URL="https://books.example").host == "10.0.0.1"
    assert _config(HOST="10.0.0.1", ALLOW_HTTP="1").allow_http


def test_switches_are_read_in_every_usual_spelling() -> None:
    assert [_config(DEBUG=v).debug for v in ("1", "TRUE", "yes", "on")] == [True] * 4
    assert [_config(DEBUG=v).debug for v in ("", "0", "False", "no", "off")] == [False] * 5


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - a name to look at
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_this_machine_is_told_from_others(host: str, own: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) is own
