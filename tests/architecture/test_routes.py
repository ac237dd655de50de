"""Every route says who may enter, every changing one wants the token, every answer has headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import builders
from invoicing.core.permissions import MATRIX, Permission, Role, allows
from invoicing.web.access import Access, MissingAccess, access_of
from invoicing.web.security import csrf

#: The one place where a secret in the address stands for session and token.
WITHOUT_TOKEN = {"portal"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
#: Gone, for everybody, once there is an owner.
SETUP = "setup"
#: SECURITY.md 6 in this product's permissions: who may do it besides the owner, who may do all.
MAY: dict[Permission, set[Role]] = {
    Permission.HOME_SEE: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.ACCOUNT_OWN: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.CLIENT_SEE: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.CLIENT_EDIT: {Role.ACCOUNTANT, Role.SALES},
    Permission.CATALOGUE_SEE: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.CATALOGUE_EDIT: {Role.ACCOUNTANT, Role.SALES},
    Permission.INVOICE_SEE: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.INVOICE_DRAFT: {Role.ACCOUNTANT, Role.SALES},
    Permission.INVOICE_ISSUE: {Role.ACCOUNTANT},
    Permission.PAYMENT_SEE: {Role.ACCOUNTANT, Role.SALES, Role.READ_ONLY},
    Permission.PAYMENT_RECORD: {Role.ACCOUNTANT},
    Permission.BOOKS_SEE: {Role.ACCOUNTANT, Role.READ_ONLY},
    Permission.SETTINGS_EDIT: set(),
    Permission.SYSTEM_EDIT: set(),
}
HEADERS = {
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Cache-Control",
}


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    builders.set_up(sqlite_app)
    return sqlite_app


def test_the_matrix_is_the_one_that_was_decided() -> None:
    assert set(MAY) == set(Permission), "a permission without a row here"
    assert set(MATRIX) == set(Role)
    for permission, others in MAY.items():
        assert {role for role in Role if allows(role, permission)} == {Role.OWNER, *others}


def test_every_route_says_who_may_enter(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        assert bool(access.permission) != bool(access.public), rule


def test_a_route_that_says_nothing_is_refused() -> None:
    with pytest.raises(MissingAccess):
        access_of(lambda: "")


def test_nobody_unknown_enters(app: Flask) -> None:
    stranger = app.test_client()
    for rule, method in _guarded(app):
        answer = stranger.open(_path(rule), method=method)
        if _feature(rule) == SETUP:
            assert answer.status_code == 404, rule
            continue
        assert answer.status_code in {303, 419}, rule
        if answer.status_code == 303:
            assert answer.headers["Location"].startswith("/login"), rule


@pytest.mark.parametrize("role", Role)
def test_each_role_enters_what_the_matrix_grants_and_nothing_else(app: Flask, role: Role) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # it is not the token that must keep them out
    browser = builders.signed_in(app, role)
    for rule, method in _guarded(app):
        if rule.endpoint == "identity.logout":
            continue  # everybody may, and then is nobody any more
        answer = browser.open(_path(rule), method=method)
        if _feature(rule) == SETUP:
            assert answer.status_code == 404, rule
            continue
        permission = _access(app, rule).permission
        assert permission is not None
        is_refused = answer.status_code == 403
        assert is_refused != allows(role, permission), f"{role} {method} {rule}"
        assert answer.status_code < 500, f"{method} {rule}"


def test_every_changing_route_wants_the_token(app: Flask) -> None:
    browser = builders.signed_in(app)
    for rule in app.url_map.iter_rules():
        for method in CHANGING & (rule.methods or set()):
            answer = browser.open(_path(rule), method=method)
            if _feature(rule) in {*WITHOUT_TOKEN, SETUP}:
                assert answer.status_code == 404, rule
            else:
                assert answer.status_code == 419, f"{method} {rule}"


def test_the_exceptions_from_the_token_are_the_listed_ones() -> None:
    assert {blueprint.name for blueprint in csrf._exempt_blueprints} | csrf._exempt_views == (
        WITHOUT_TOKEN
    )


def test_another_site_posts_nothing(app: Flask) -> None:
    browser = builders.signed_in(app)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
    ):
        for url in ("/clients/new", "/i/guess/seen"):
            assert browser.post(url, headers=headers).status_code == 403


def test_reading_changes_nothing(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        methods = rule.methods or set()
        assert not ("GET" in methods and methods & CHANGING), f"{rule} reads and changes"


def test_every_answer_has_the_headers(app: Flask) -> None:
    browser = builders.signed_in(app)
    stranger = app.test_client()
    seen = set()
    for url in ("/", "/nowhere", "/clients", "/login", "/i/guess", "/static/nothing.css"):
        for client in (browser, stranger):
            seen.add(_holds_headers(client, "GET", url))
    seen.add(_holds_headers(stranger, "POST", "/clients/new"))
    seen.add(_holds_headers(stranger, "PUT", "/clients"))
    seen.add(_holds_headers(stranger, "POST", "/login"))
    assert {200, 303, 404, 405, 419} <= seen


def test_an_unexpected_error_tells_nothing_and_has_the_headers(app: Flask) -> None:
    def fail() -> str:
        raise RuntimeError("the secret reason")

    app.view_functions["clients.index"] = fail
    fail.access = Access(None, "a test")  # type: ignore[attr-defined]
    app.testing = False
    browser = builders.signed_in(app)
    assert _holds_headers(browser, "GET", "/clients") == 500
    assert "secret reason" not in browser.get("/clients").text


def _holds_headers(client: FlaskClient, method: str, url: str) -> int:
    answer = client.open(url, method=method)
    missing = HEADERS - set(answer.headers.keys())
    if url.startswith("/static"):
        missing -= {"Cache-Control"}
    assert not missing, f"{url}: {missing}"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    return answer.status_code


def _guarded(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route that asks a permission, with each of its methods."""
    for rule in app.url_map.iter_rules():
        if _access(app, rule).permission is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def _feature(rule: Rule) -> str:
    """The name of the blueprint."""
    return str(rule.endpoint).split(".")[0]


def _access(app: Flask, rule: Rule) -> Access:
    return access_of(app.view_functions[rule.endpoint])


def _path(rule: Rule) -> str:
    """An address of the route, about nothing that exists."""
    values: dict[str, object] = {
        name: 0 if "Integer" in type(converter).__name__ else "none"
        for name, converter in rule._converters.items()
    }
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]
