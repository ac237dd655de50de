"""The pages of the catalogue: list, new, edit, archive, and the picker's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from invoicing.catalogue import services
from invoicing.catalogue.domain import LANGUAGES, LONGEST_NAME, ItemChanged, ItemKind
from invoicing.catalogue.forms import ItemForm, item_form, option_of, unit_price
from invoicing.catalogue.queries import Shown, get_item, list_items, list_options
from invoicing.company.queries import get_company
from invoicing.core.errors import AppError
from invoicing.core.money import CURRENCIES
from invoicing.core.permissions import Permission
from invoicing.core.text import clean, msg
from invoicing.infra import clock
from invoicing.infra.db import read, redirect_to, transaction
from invoicing.tax.forms import rate_label
from invoicing.tax.queries import choice_of, list_all, list_rates
from invoicing.web import paging
from invoicing.web.access import actor, may, requires
from invoicing.web.forms import submission
from invoicing.web.render import back_to, htmx, page, toast
from invoicing.web.stale import differences
from invoicing.web.text import translate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flask import Response
    from werkzeug.wrappers import Response as Answer

    from invoicing.catalogue.models import CatalogueItem
    from invoicing.company.models import Company

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")

_LABELS = {
    Shown.ALL: msg("All"),
    Shown.SERVICES: msg("Services"),
    Shown.PRODUCTS: msg("Products"),
    Shown.ARCHIVED: msg("Archived"),
}


@bp.get("")
@requires(Permission.CATALOGUE_SEE)
def index() -> Response:
    """The items by name: those in use, of one kind, or archived; searched by name."""
    wanted, shown = _asked()
    cursor = request.args.get("after")
    after = paging.decode_name(cursor) if cursor else None
    session = read()
    currency = get_company(session).currency
    limit = paging.PAGE_LENGTH + 1
    rows = list_items(
        session, currency=currency, limit=limit, after=after, wanted=wanted, shown=shown
    )
    return page("catalogue/list.html", block="results", **_listed(rows, currency))


@bp.get("/options")
@requires(Permission.CATALOGUE_SEE)
def options() -> Answer:
    """What a line's picker offers for the text typed so far, ready to be filled in."""
    wanted = clean(request.args.get("q", ""))[:100]
    if not htmx:
        return back_to(url_for(".index", q=wanted or None))
    session = read()
    company = get_company(session)
    currency = _choice(request.args.get("currency"), CURRENCIES, company.currency)
    language = _choice(request.args.get("language"), LANGUAGES, company.language)
    codes = _tax_codes(company)
    rows = list_options(session, wanted=wanted, currency=currency)
    items = [option_of(row, currency=currency, language=language, tax_codes=codes) for row in rows]
    return page("catalogue/options.html", items=items, q=wanted, create=_creation(wanted))


@bp.get("/new")
@requires(Permission.CATALOGUE_EDIT)
def new() -> Response:
    """The form of a new item, its name perhaps known from a line."""
    form = _form_of(None, formdata=None)
    form.own[0].data = clean(request.args.get("name", ""))[:LONGEST_NAME]
    return page("catalogue/edit.html", form=form, item=None)


@bp.post("/new")
@requires(Permission.CATALOGUE_EDIT)
def create() -> Answer:
    """Keep a new item."""
    form = _form_of(None)
    if not form.validate():
        return page("catalogue/edit.html", status=422, form=form, item=None)
    try:
        with transaction(submission()) as session:
            services.create_item(session, form.to_command(), actor=actor())
            location = redirect_to(session, url_for(".index"))
    except AppError as error:
        form.refuse(error)
        return page("catalogue/edit.html", status=error.status, form=form, item=None)
    toast(msg("It is in the catalogue now."))
    return back_to(location)


@bp.get("/<ref>/edit")
@requires(Permission.CATALOGUE_EDIT)
def edit(ref: str) -> Response:
    """The form of a stored item."""
    item = get_item(read(), ref)
    form = _form_of(item, formdata=None)
    form.show(item)
    return page("catalogue/edit.html", form=form, item=item)


@bp.post("/<ref>/edit")
@requires(Permission.CATALOGUE_EDIT)
def update(ref: str) -> Answer:
    """Keep a changed item; a stale form comes back with what is stored now."""
    form = _form_of(get_item(read(), ref))
    if not form.validate():
        return page("catalogue/edit.html", status=422, form=form, item=get_item(read(), ref))
    try:
        with transaction(submission()) as session:
            details, seen = form.to_command(), form.seen_version
            services.update_item(session, ref, details, version=seen, actor=actor())
            location = redirect_to(session, url_for(".index"))
    except AppError as error:
        form.refuse(error)
        return _again(form, ref, error)
    toast(msg("The catalogue was saved."))
    return back_to(location)


@bp.post("/<ref>/archive")
@requires(Permission.CATALOGUE_EDIT)
def archive(ref: str) -> Answer:
    """Put an item away; it can be taken back at once."""
    with transaction(submission()) as session:
        item = services.archive_item(session, ref, actor=actor())
        words = msg("“%(name)s” was archived.", name=item.name)
        location = redirect_to(session, url_for(".index"))
    toast(words, undo=url_for(".restore", ref=ref))
    return back_to(location)


@bp.post("/<ref>/restore")
@requires(Permission.CATALOGUE_EDIT)
def restore(ref: str) -> Answer:
    """Take an item back."""
    with transaction(submission()) as session:
        services.restore_item(session, ref, actor=actor())
        location = redirect_to(session, url_for(".index"))
    toast(msg("It is in the catalogue again."))
    return back_to(location)


def _asked() -> tuple[str, Shown]:
    """What is searched for, and which items; anything unknown shows all."""
    wanted = clean(request.args.get("q", ""))[:100]
    shown = request.args.get("show", "")
    return wanted, Shown(shown) if shown in set(Shown) else Shown.ALL


def _listed(rows: Sequence[Any], currency: str) -> dict[str, Any]:
    """The rows of a page with their kind, price and tax in words, the filters, the next page."""
    wanted, shown = _asked()
    taxes = {row.id: rate_label(choice_of(row)) for row in list_all(read())}
    next_url = ""
    if len(rows) > paging.PAGE_LENGTH:
        last = rows[paging.PAGE_LENGTH - 1]
        after = paging.encode([last.name_key, last.id])
        next_url = url_for(".index", q=wanted or None, show=shown.value or None, after=after)
    return {
        "q": wanted,
        "shown": shown.value,
        "may_edit": may(Permission.CATALOGUE_EDIT),
        "rows": [
            {
                "ref": row.ref,
                "name": row.name,
                "kind": translate(ItemKind(row.kind).label),
                "tax": taxes.get(row.tax_rate_id, ""),
                "price": unit_price(row.net_price, currency, row.unit),
            }
            for row in rows[: paging.PAGE_LENGTH]
        ],
        "next_url": next_url,
        "chips": [
            {
                "label": translate(label),
                "href": url_for(".index", q=wanted or None, show=kind.value or None),
                "current": kind is shown,
            }
            for kind, label in _LABELS.items()
        ],
    }


def _tax_codes(company: Company) -> dict[int | None, str]:
    """The code of each tax by its id; under None the one that new lines have."""
    choices = list_rates(read(), clock.today(company.time_zone))
    codes: dict[int | None, str] = {choice.id: choice.code for choice in choices}
    codes[None] = next((c.code for c in choices if c.is_default), "")
    return codes


def _creation(wanted: str) -> dict[str, str]:
    """The option that leads to a new item with this name, for those who may."""
    if not wanted or not may(Permission.CATALOGUE_EDIT):
        return {}
    label = _("Create “%(name)s”", name=wanted)
    return {"href": url_for(".new", name=wanted), "label": label}


def _form_of(item: CatalogueItem | None, **kwargs: Any) -> ItemForm:
    """The form with the currencies and taxes that the company and the item have."""
    session = read()
    company = get_company(session)
    rates = list_rates(session, clock.today(company.time_zone))
    if item is not None and item.tax_rate and item.tax_rate.id not in {r.id for r in rates}:
        rates.append(choice_of(item.tax_rate))
    currencies = [company.currency, *(price.currency for price in item.prices)] if item else []
    form = item_form(currencies or [company.currency], request.form)
    return form(item.language if item else company.language, rates, **kwargs)


def _again(form: ItemForm, ref: str, error: AppError) -> Response:
    """The refused form; after a stale save with what somebody else stored."""
    item = get_item(read(), ref)
    theirs: list[tuple[str, str]] = []
    if isinstance(error, ItemChanged):
        stored = _form_of(item, formdata=None)
        stored.show(item)
        theirs = differences(form, stored)
        form.version.data = str(item.version)
    return page("catalogue/edit.html", status=error.status, form=form, item=item, theirs=theirs)


def _choice(asked: str | None, allowed: Collection[str], otherwise: str) -> str:
    return asked if asked is not None and asked in allowed else otherwise
