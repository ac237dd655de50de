"""The settings an operator gives by the environment; unsafe or senseless ones are refused.

`docs/operations.md` lists each variable; a test holds it against `Config`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK_NAMES = frozenset({"localhost"})
_HIGHEST_PORT = 65535
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


class ConfigError(Exception):
    """A setting that the app will not start with; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that differs between two installations; made once at start."""

    instance_path: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None
    database_url: str = ""
    redis_url: str | None = None
    allow_http: bool = False
    debug: bool = False
    trusted_proxies: int = 0
    log_level: str = "INFO"
    web_processes: int = 1
    web_threads: int = 8

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Config:
        """The settings in `env`; raises ConfigError with one line that says what to change."""
        instance = Path(env.get("INSTANCE_PATH") or "instance").absolute()
        config = cls(
            instance_path=instance,
            host=env.get("HOST", "127.0.0.1"),
            port=_integer(env, "PORT", 8000, 1, _HIGHEST_PORT),
            public_url=_public_url(env.get("PUBLIC_URL", "")),
            database_url=_database_url(env.get("DATABASE_URL", ""), instance),
            redis_url=env.get("REDIS_URL") or None,
            allow_http=_switch(env, "ALLOW_HTTP"),
            debug=_switch(env, "DEBUG"),
            trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0, 0, 10),
            log_level=_log_level(env.get("LOG_LEVEL", "INFO")),
            web_processes=_integer(env, "WEB_PROCESSES", 1, 1, 64),
            web_threads=_integer(env, "WEB_THREADS", 8, 1, 256),
        )
        config._refuse_unsafe()
        return config

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the app by https, as its public address says."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    @property
    def is_exposed(self) -> bool:
        """Whether strangers on the way could read along: a public address without https."""
        return self._is_public and not self.is_https

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the one file in the instance folder."""
        return self.database_url.startswith("sqlite")

    @property
    def _is_public(self) -> bool:
        """Whether anybody but this machine can reach the app, directly or through a proxy."""
        hosts = [self.host, *([urlsplit(self.public_url).hostname] if self.public_url else [])]
        return not all(is_loopback(host or "") for host in hosts)

    def _refuse_unsafe(self) -> None:
        if self.debug and self._is_public:
            message = "DEBUG must not be set at a public address (HOST, PUBLIC_URL)."
            raise ConfigError(message)
        if not (is_loopback(self.host) or self.is_https or self.allow_http):
            message = (
                f"HOST={self.host} would serve passwords unencrypted: set PUBLIC_URL to the https "
                "address of the proxy in front (or ALLOW_HTTP=1 and be warned)."
            )
            raise ConfigError(message)
        if self.public_url and not self.is_https and not self.allow_http:
            host = urlsplit(self.public_url).hostname or ""
            if not is_loopback(host):
                message = "PUBLIC_URL must begin with https:// (or set ALLOW_HTTP=1 and be warned)."
                raise ConfigError(message)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine only."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    raw = env.get(name, "")
    if raw == "":
        return default
    if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
        message = f"{name} must be a whole number from {low} to {high}, not {raw!r}."
        raise ConfigError(message)
    return int(raw)


def _switch(env: Mapping[str, str], name: str) -> bool:
    raw = env.get(name, "").lower()
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    message = f"{name} must be 1 or 0, not {raw!r}."
    raise ConfigError(message)


def _log_level(raw: str) -> str:
    level = raw.upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        message = f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {raw!r}."
        raise ConfigError(message)
    return level


def _public_url(raw: str) -> str | None:
    if not raw:
        return None
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        message = f"PUBLIC_URL must look like https://invoices.example.com, not {raw!r}."
        raise ConfigError(message)
    return raw.rstrip("/")


def _database_url(raw: str, instance: Path) -> str:
    if not raw:
        return f"sqlite:///{instance / 'invoicing.db'}"
    for short in ("postgres://", "postgresql://"):
        if raw.startswith(short):
            return "postgresql+psycopg://" + raw.removeprefix(short)
    if raw.startswith(("postgresql+psycopg://", "sqlite:///")):
        return raw
    scheme = raw.split(":", 1)[0]
    message = f"DATABASE_URL must begin with postgresql:// or sqlite:///, not {scheme}:."
    raise ConfigError(message)
