"""The house keeps its own rules: who commits, which names there are, what a list brings along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Float, Numeric

import invoicing.features  # noqa: F401 - brings every model
from invoicing.infra.fences import all_fences
from invoicing.infra.model import Base
from invoicing.infra.types import ExactDecimal
from invoicing.schedule import SCHEDULE
from invoicing.work.registry import job_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "invoicing"
TEMPLATES = ROOT / "templates"
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LONGEST = 400
#: Who may open a transaction: edges by name, and the few of the ground floor that commit alone.
EDGES = {"views", "jobs", "cli", "tick", "schedule", "handlers", "sign_in", "setup_link"}
ALONE = {
    "app.py",
    "invoicing/infra/db.py",
    "invoicing/infra/limits.py",
    "invoicing/verify.py",
    "invoicing/work/claims.py",
}
#: Tables whose rows are working state: nothing in them is ever proof of anything.
UNFENCED = {
    *("catalogue_item", "catalogue_price", "tax_rate"),
    *("client", "client_contact", "client_label", "client_tag"),
    *("chain_head", "company", "day_total", "draft_state", "heartbeat", "limit_window"),
    *("login_session", "mail_settings", "message", "open_month", "password_reset"),
    *("public_link", "series", "setup_token", "submitted_form", "task", "user_account"),
}

#: A handful of rows in the settings: never paged, never searched.
SHORT_LISTS = {"tax/list.html"}


def test_only_the_edges_commit() -> None:
    for path, tree in _sources():
        name = path.relative_to(ROOT).as_posix()
        for call in _calls(tree):
            if call.endswith(".commit") and name != "invoicing/infra/db.py":
                # Alembic's own connection, after the foreign keys were checked.
                assert name == "invoicing/migrations/env.py", f"{name} commits"
            if call == "transaction":
                parts = set(path.relative_to(ROOT).with_suffix("").parts)
                assert parts & EDGES or name in ALONE, f"{name} opens a transaction"


def test_services_never_ask_the_clock_for_a_day_nor_know_the_request() -> None:
    for path, tree in _sources():
        if "services" in path.parts or path.stem == "services":
            assert "clock.today" not in set(_calls(tree)), path


def test_only_one_module_calls_the_clock() -> None:
    asking = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
    for path, tree in _sources():
        if path != PACKAGE / "infra" / "clock.py":
            assert not asking & set(_calls(tree)), path


def test_no_drawer_for_odds_and_ends() -> None:
    for path in PACKAGE.rglob("*"):
        assert path.stem not in FORBIDDEN, path
    for path in (ROOT / "tests").rglob("*.py"):
        assert path.stem not in FORBIDDEN, path


def test_no_file_is_too_long() -> None:
    for path, _ in _sources():
        if "migrations" not in path.parts:
            assert len(path.read_text().splitlines()) <= LONGEST, path


def test_no_column_holds_a_float() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert not isinstance(column.type, Float | Numeric), f"{table.name}.{column.name}"
            if column.name.endswith("_amount") or column.name == "amount":
                assert isinstance(column.type, ExactDecimal), f"{table.name}.{column.name}"


def test_no_code_makes_a_float_of_an_amount() -> None:
    for path, tree in _sources():
        if "models" in path.parts or path.stem in {"models", "services", "domain", "money"}:
            assert "float" not in set(_calls(tree)), path


def test_every_table_is_either_fenced_or_listed_as_working_state() -> None:
    fenced = {declared.table.name for declared in all_fences()}
    assert fenced | UNFENCED == set(Base.metadata.tables)
    assert not fenced & UNFENCED


def test_the_snapshot_holds_whatever_the_living_records_hold() -> None:
    """A value that fits the client or the company must fit the invoice it is copied to."""
    tables = Base.metadata.tables
    for side, living in (("seller", "company"), ("buyer", "client")):
        for column in tables["invoice"].columns:
            name = column.name.removeprefix(f"{side}_")
            if column.name.startswith(f"{side}_") and name in tables[living].columns:
                source = tables[living].columns[name].type
                assert column.type.length >= source.length, column.name  # type: ignore[attr-defined]


def test_no_delete_cascades_below_a_frozen_table() -> None:
    for declared in all_fences():
        for key in declared.table.foreign_keys:
            assert key.ondelete is None, key


def test_every_list_is_a_page_and_a_fragment() -> None:
    lists = {*TEMPLATES.glob("*/list.html"), TEMPLATES / "messages" / "mailbox.html"}
    lists -= {TEMPLATES / name for name in SHORT_LISTS}
    assert len(lists) >= 4
    for path in lists:
        source = path.read_text()
        block = re.search(r"{% block results( scoped)? %}", source)
        assert block, f"{path} has no block 'results'"
        assert re.search(r'id="results"', source), f"{path}: the block's name is its target's id"


def test_underscore_templates_are_parts_of_pages() -> None:
    everything = "".join(path.read_text() for path in TEMPLATES.rglob("*.*"))
    everything += "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    for path in TEMPLATES.rglob("_*.*"):
        assert path.name in everything, f"{path} is used nowhere"


def test_no_template_switches_escaping_off() -> None:
    for path in TEMPLATES.rglob("*.*"):
        source = path.read_text()
        assert "autoescape" not in source, path
        assert (
            not re.search(r"\|\s*safe\b", source)
            or path.parts[-2] == "components"
            or ("_html" in source)
        ), path


@pytest.mark.parametrize("folder", ["invoicing", "tests"])
def test_every_module_says_what_lives_in_it(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        if "versions" not in path.parts:
            assert ast.get_docstring(ast.parse(path.read_text())), path


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in (ROOT / "app.py", ROOT / "worker.py", *sorted(PACKAGE.rglob("*.py"))):
        yield path, ast.parse(path.read_text())


def _calls(tree: ast.Module) -> Iterator[str]:
    """The dotted names of everything that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_whatever_process_runs_it_periodic_work_has_its_job() -> None:
    for periodic in SCHEDULE:
        assert callable(job_of(periodic.kind)), periodic
