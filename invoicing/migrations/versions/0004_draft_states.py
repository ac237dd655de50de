"""Who wrote a draft last, and drafts that were removed and can still be brought back."""

import sqlalchemy as sa
from alembic import op

from invoicing.infra import types

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "draft_state",
        sa.Column(
            "invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("writer_tab", sa.String(length=20), nullable=False, comment="the browser window"),
        sa.Column("writer_count", sa.Integer(), nullable=False, comment="its how many-th save"),
        sa.Column("discarded_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_draft_state_invoice_id")
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_draft_state")),
    )
    with op.batch_alter_table("draft_state", schema=None) as batch_op:
        batch_op.create_index("ix_draft_state_discarded_at", ["discarded_at"], unique=False)
