"""Reading papers, links and the number that would come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from invoicing.core.identifiers import digest
from invoicing.documents.domain.numbering import format_number
from invoicing.documents.models import LINK_PURPOSE, Paper, PublicLink, Series

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from invoicing.infra.crypto import Keys


def find_paper(session: Session, document_ref: str) -> Paper | None:
    """The stored PDF of a document, if it has been made."""
    return session.get(Paper, document_ref)


def find_link(session: Session, token: str, *, lock: bool = False) -> PublicLink | None:
    """The link that this token opens; None for a wrong or revoked one."""
    query = select(PublicLink).where(
        PublicLink.token_digest == digest(token), PublicLink.revoked_at.is_(None)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def find_token(session: Session, keys: Keys, document_ref: str) -> str | None:
    """The newest token of a document in the clear, to copy its link."""
    sealed = session.scalars(
        select(PublicLink.token_sealed)
        .where(PublicLink.document_ref == document_ref, PublicLink.revoked_at.is_(None))
        .order_by(PublicLink.id.desc())
        .limit(1)
    ).one_or_none()
    return None if sealed is None else keys.unseal(LINK_PURPOSE, sealed)


def expect_number(session: Session, kind: str, on: date) -> str:
    """The number that a document issued on that day would get, were it the next."""
    last = session.scalars(
        select(Series.last_number).where(Series.kind == kind, Series.year == on.year)
    ).one_or_none()
    return format_number(on.year, (last or 0) + 1)
