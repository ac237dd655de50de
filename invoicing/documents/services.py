"""What all documents share in writing: their next number, their paper, their public links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from invoicing.core.errors import Invalid
from invoicing.core.identifiers import digest, new_token
from invoicing.core.text import msg
from invoicing.documents.models import LINK_PURPOSE, Paper, PublicLink, Series
from invoicing.infra import clock, upsert

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from invoicing.infra.crypto import Keys


class IssueDateBeforeLast(Invalid):
    """An earlier issue date than the last number's would put numbers and dates out of order."""


class IssueDateInFuture(Invalid):
    """An issue date that has not come yet in the company's time zone."""

    default = msg("The issue date cannot be in the future.")


def next_number(session: Session, kind: str, issue_date: date) -> tuple[Series, int]:
    """Take the next number of `kind` in the year of `issue_date`; gapless, since it rolls back.

    Locks the series' row until the commit: call it after the document itself is locked and
    before the chain. Raises IssueDateBeforeLast.
    """
    series = _advance(session, kind, issue_date)
    if series is None:
        _begin(session, kind, issue_date)
        series = _advance(session, kind, issue_date)
    if series is None:
        raise _before_last(session, kind, issue_date.year)
    return series, series.last_number


def keep_paper(session: Session, document_ref: str, sha256: str, size: int) -> Paper:
    """Remember the stored PDF of an issued document, whose row the caller has locked."""
    paper = Paper(document_ref=document_ref, sha256=sha256, size=size, made_at=clock.now())
    session.add(paper)
    session.flush()
    return paper


def create_link(session: Session, keys: Keys, document_ref: str, recipient: str) -> str:
    """A new secret token for one document and one recipient; kept as digest and sealed."""
    token = new_token()
    session.add(
        PublicLink(
            document_ref=document_ref,
            recipient=recipient,
            token_digest=digest(token),
            token_sealed=keys.seal(LINK_PURPOSE, token),
            created_at=clock.now(),
            views=0,
        )
    )
    return token


def _advance(session: Session, kind: str, issue_date: date) -> Series | None:
    """The series one number on; None when there is none yet, or its last date is later."""
    return session.scalars(
        update(Series)
        .where(
            Series.kind == kind,
            Series.year == issue_date.year,
            Series.last_issue_date <= issue_date,
        )
        .values(last_number=Series.last_number + 1, last_issue_date=issue_date)
        .returning(Series)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _begin(session: Session, kind: str, issue_date: date) -> None:
    """The series of a new year; nothing when it is there."""
    session.execute(
        upsert.insert(session, Series)
        .values(kind=kind, year=issue_date.year, last_number=0, last_issue_date=issue_date)
        .on_conflict_do_nothing()
    )


def _before_last(session: Session, kind: str, year: int) -> IssueDateBeforeLast:
    last = session.execute(
        select(Series.last_issue_date).where(Series.kind == kind, Series.year == year)
    ).scalar_one()
    return IssueDateBeforeLast(
        msg("The last number was given on %(day)s. Choose that day or a later one.", day=last),
        field="issue_date",
    )
