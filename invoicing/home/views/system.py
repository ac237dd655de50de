"""The system page: whether everything behind the pages is alive, and what was put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.units import format_unit
from flask import Blueprint, current_app, url_for
from flask_babel import get_locale

from invoicing.core.errors import NotFound
from invoicing.core.permissions import Permission
from invoicing.core.text import msg
from invoicing.home.system import look
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.web.access import requires
from invoicing.web.forms import submission
from invoicing.web.nav import NavEntry
from invoicing.web.render import back_to, page, toast
from invoicing.work.services import retry

if TYPE_CHECKING:
    from flask import Response
    from werkzeug.wrappers import Response as WerkzeugResponse

SETTINGS = (NavEntry(msg("System"), "system.show", "server", Permission.SYSTEM_EDIT, "system"),)

bp = Blueprint("system", __name__)


class NothingToRetry(NotFound):
    """The task was done or taken away meanwhile."""

    default = msg("This task is no longer waiting for you.")


@bp.get("/settings/system")
@requires(Permission.SYSTEM_EDIT)
def show() -> Response:
    """The state of the installation."""
    session = read()
    state = look(session, current_app.extensions["invoicing_config"])
    return page("home/system.html", block="state", state=state, size=_size)


@bp.post("/settings/system/tasks/<int:task_id>/retry")
@requires(Permission.SYSTEM_EDIT)
def retry_task(task_id: int) -> WerkzeugResponse:
    """Give a task that was put aside another chance."""
    with transaction(submission()) as session:
        if not retry(session, task_id):
            raise NothingToRetry
        target = redirect_to(session, url_for("system.show"))
    toast(msg("It is tried again now."))
    return back_to(target)


def _size(count: int) -> str:
    """A number of bytes in the reader's words."""
    unit, power = ("gigabyte", 9) if count >= 10**9 else ("megabyte", 6)
    amount = round(count / 10**power, 1)
    return format_unit(amount, f"digital-{unit}", "short", locale=get_locale() or "en")
