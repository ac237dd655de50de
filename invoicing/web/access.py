"""Who may enter a route: every view says either `requires` or `public`, and a guard keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, make_response, redirect, request, url_for
from flask_login import current_user

from invoicing.core.errors import Forbidden
from invoicing.core.events import Actor, by_user
from invoicing.core.permissions import Permission, allows
from invoicing.web.render import htmx, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response

    View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Access:
    """What a view asks of its visitor: a permission, or nothing for the reason `public`."""

    permission: Permission | None
    public: str = ""
    before_setup: bool = False


class MissingAccess(RuntimeError):
    """A route without `requires` or `public`: a programming error."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Only members whose role has `permission`."""

    def mark(view: View) -> View:
        view.access = Access(permission)  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str, *, before_setup: bool = False) -> Callable[[View], View]:
    """Anybody, for the reason `why`; `before_setup` also while there is no owner yet."""

    def mark(view: View) -> View:
        view.access = Access(None, why, before_setup)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: View) -> Access:
    """What `view` asks; raises MissingAccess when its author said nothing."""
    access = getattr(view, "access", None)
    if not isinstance(access, Access):
        message = f"{view.__module__}.{view.__qualname__} says neither @requires nor @public"
        raise MissingAccess(message)
    return access


def may(permission: Permission) -> bool:
    """Whether the member who is signed in has `permission`, for what a page offers."""
    return allows(current_user.role, permission)


def actor() -> Actor:
    """The member who is signed in, as events name him or her."""
    return by_user(current_user.ref)


def init_app(app: Flask, has_owner: Callable[[], bool]) -> None:
    """Guard every request; `has_owner` tells whether the installation is set up."""
    public("files of the layout", before_setup=True)(app.view_functions["static"])

    @app.before_request
    def _guard() -> Response | None:
        if request.endpoint is None:
            return None if has_owner() else page("errors/setup_needed.html", status=503)
        access = access_of(current_app.view_functions[request.endpoint])
        if not access.before_setup and not has_owner():
            return page("errors/setup_needed.html", status=503)
        if access.permission is None:
            return None
        if not current_user.is_authenticated:
            return _to_login()
        if not allows(current_user.role, access.permission):
            raise Forbidden
        return None


def _to_login() -> Response:
    if htmx:
        response = make_response("", 401)
        response.headers["HX-Redirect"] = url_for("identity.login")
        return response
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("identity.login", next=here), code=303)
