"""An issued invoice's paper, with the mails that wait for it; drafts that go for good."""

from __future__ import annotations

from flask import current_app

from invoicing.activity.services import record
from invoicing.company.queries import get_company
from invoicing.core.events import SYSTEM
from invoicing.documents.paper import file_name, print_pdf
from invoicing.documents.queries import find_paper
from invoicing.documents.services import keep_paper
from invoicing.infra.db import read
from invoicing.infra.pdf import RenderFailed
from invoicing.infra.sealing import rows_digest
from invoicing.infra.storage import FileStore
from invoicing.invoices.queries import get_issued
from invoicing.invoices.services.drafting import delete_discarded
from invoicing.invoices.services.issuing import PAPER_TASK
from invoicing.invoices.services.papering import paper_of
from invoicing.invoices.services.sending import hold_of
from invoicing.messages.domain import Attachment
from invoicing.messages.services import release_held
from invoicing.work.claims import Claim
from invoicing.work.domain import Park
from invoicing.work.registry import job


@job(PAPER_TASK)
def make_paper(claim: Claim) -> None:
    """Draw the paper outside any transaction, store it, then tell everybody who waits."""
    ref = claim.payload["invoice"]
    files: FileStore = current_app.extensions["files"]
    session = read()
    invoice = get_issued(session, ref)
    paper = paper_of(invoice, company=get_company(session), read_file=files.get)
    session.rollback()
    try:
        data = print_pdf(paper)
    except RenderFailed as error:
        raise Park(f"The paper of {ref} could not be drawn: {error}") from error
    sha256 = files.put(data)
    with claim.finishing() as session:
        # Who is about to send it holds this lock too: a mail sees the paper, or is released here.
        get_issued(session, ref, lock=True)
        kept = find_paper(session, ref)
        if kept is not None:
            release_held(session, hold_of(ref), [Attachment(kept.sha256, file_name(paper))])
            return
        release_held(session, hold_of(ref), [Attachment(sha256, file_name(paper))])
        kept = keep_paper(session, ref, sha256, len(data))
        record(
            session,
            "paper.made",
            subject=ref,
            actor=SYSTEM,
            after={"sha256": sha256, "size": len(data)},
            content_digest=rows_digest([kept]),
        )


@job("invoices.tidy")
def tidy(claim: Claim) -> None:
    """Delete the drafts that were removed long ago."""
    with claim.finishing() as session:
        delete_discarded(session)
