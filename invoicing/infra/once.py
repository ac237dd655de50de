"""A form sent twice does its work once.

The form's key, who sent it, a digest of its content and the first answer's place are kept in the
same commit as the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from invoicing.core.errors import Conflict
from invoicing.core.text import msg
from invoicing.infra import clock, upsert
from invoicing.infra.model import Base
from invoicing.infra.types import UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOCATION = "location"


class SubmittedForm(Base):
    """A form that was acted on; `location` is where its answer led."""

    __tablename__ = "submitted_form"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    actor: Mapped[str] = mapped_column(String(64))
    content_digest: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(String(500))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class Submission:
    """One sending of a form: its key, who sent it, and the digest of what was in it."""

    key: str
    actor: str
    content_digest: str


class AlreadyDone(Exception):
    """The form was acted on before; `location` is where that answer led."""

    def __init__(self, location: str) -> None:
        """`location` is a path of this app."""
        self.location = location
        super().__init__(location)


class FormKeyReused(Conflict):
    """The same form key came with another content or from somebody else."""

    default = msg("This form was already sent with other content. Load the page again.")


def claim(session: Session, submission: Submission) -> None:
    """Take the key for this transaction; raises AlreadyDone or FormKeyReused."""
    taken = session.execute(
        upsert.insert(session, SubmittedForm)
        .values(
            key=submission.key,
            actor=submission.actor,
            content_digest=submission.content_digest,
            location="",
            submitted_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(SubmittedForm.key)
    ).scalar()
    if taken:
        return
    first = session.get_one(SubmittedForm, submission.key)
    if (first.actor, first.content_digest) != (submission.actor, submission.content_digest):
        raise FormKeyReused
    raise AlreadyDone(first.location)


def keep(session: Session, submission: Submission) -> None:
    """Store where the answer leads, as `redirect_to` said it."""
    location = session.info.get(LOCATION, "/")
    session.execute(
        update(SubmittedForm).where(SubmittedForm.key == submission.key).values(location=location)
    )


def forget(session: Session, before: datetime) -> None:
    """Remove forms that were sent before that instant; nobody sends them again."""
    session.execute(delete(SubmittedForm).where(SubmittedForm.submitted_at < before))
