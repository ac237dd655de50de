"""The pages of invoices: list and record, editor, and what can be done with one."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("invoices", __name__, url_prefix="/invoices")

from invoicing.invoices.views import actions, editor, pages  # noqa: E402, F401 - they add routes
