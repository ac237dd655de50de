"""Clients whole: kind, delivery, e-invoicing, terms, contacts, groups and tags, merging."""

import sqlalchemy as sa
from alembic import op

from invoicing.clients.domain import likeness_key
from invoicing.core.text import sort_key

revision = "0005"
down_revision = "0004"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: The columns that hold text, each with its type and comment; empty in clients that are there.
_TEXTS = (
    ("kind", sa.String(length=10), None),
    (
        "likeness_key",
        sa.String(length=200),
        "the name without its legal form, to find it twice",
    ),
    ("search_key", sa.Text(), "what it is searched by, a line each"),
    ("delivery_name", sa.String(length=200), "BT-70"),
    ("delivery_street", sa.String(length=200), "BT-75"),
    ("delivery_street_extra", sa.String(length=200), "BT-76"),
    ("delivery_postcode", sa.String(length=20), "BT-78"),
    ("delivery_city", sa.String(length=100), "BT-77"),
    ("delivery_country", sa.String(length=2), "BT-80"),
    ("electronic_scheme", sa.String(length=4), "BT-49-1, EAS"),
    ("electronic_address", sa.String(length=200), "BT-49"),
    ("buyer_reference", sa.String(length=100), "BT-10"),
    (
        "service_code",
        sa.String(length=100),
        "of a public body's department; BT-10 if there is no other",
    ),
    ("currency", sa.String(length=3), "ISO 4217; empty: the company's"),
    ("notes", sa.Text(), "never printed"),
)


def upgrade() -> None:
    _make_labels()
    with op.batch_alter_table("client", schema=None) as batch_op:
        for name, kind, comment in _TEXTS:
            batch_op.add_column(sa.Column(name, kind, nullable=True, comment=comment))
    _fill()
    _finish()
    _make_children()


def _make_labels() -> None:
    op.create_table(
        "client_label",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "name_key", sa.String(length=200), nullable=False, comment="without case and accents"
        ),
        sa.CheckConstraint("kind IN ('group', 'tag')", name=op.f("ck_client_label_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_label")),
        sa.UniqueConstraint("kind", "name_key", name=op.f("uq_client_label_kind_name_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_client_label_ref")),
    )


def _fill() -> None:
    """Give the clients that are there a kind, and what they are found by."""
    columns = ("id", "name", "email", "vat_identifier", "legal_identifier")
    client = sa.table("client", *map(sa.column, (*columns, *(name for name, _, _ in _TEXTS))))
    connection = op.get_bind()
    connection.execute(
        sa.update(client).values({name: "" for name, _, _ in _TEXTS} | {"kind": "business"})
    )
    for row in connection.execute(sa.select(*(client.c[name] for name in columns))).all():
        found_by = (row.name, row.email, row.vat_identifier, row.legal_identifier)
        connection.execute(
            sa.update(client)
            .where(client.c.id == row.id)
            .values(
                likeness_key=likeness_key(row.name),
                search_key="\n".join(sort_key(part) for part in found_by if part),
            )
        )


def _finish() -> None:
    with op.batch_alter_table("client", schema=None, recreate="auto") as batch_op:
        for name, kind, comment in _TEXTS:
            batch_op.alter_column(
                name, existing_type=kind, nullable=False, existing_comment=comment
            )
        batch_op.add_column(
            sa.Column(
                "payment_terms_days", sa.Integer(), nullable=True, comment="none: the company's"
            )
        )
        # An exact column would bring its check to PostgreSQL too when added; so by hand.
        batch_op.add_column(
            sa.Column(
                "credit_limit", sa.BigInteger(), nullable=True, comment="in the client's currency"
            )
        )
        if op.get_bind().dialect.name == "sqlite":
            batch_op.create_check_constraint(
                op.f("ck_client_credit_limit_exact"),
                "typeof(credit_limit) IN ('integer', 'null')",
            )
        batch_op.add_column(
            sa.Column(
                "tax_rate_id", _KEY, nullable=True, comment="none: the one that new lines have"
            )
        )
        batch_op.add_column(sa.Column("group_id", _KEY, nullable=True))
        batch_op.add_column(
            sa.Column(
                "merged_into_id",
                _KEY,
                nullable=True,
                comment="the client that speaks for it since a merge",
            )
        )
        batch_op.create_foreign_key(
            op.f("fk_client_tax_rate_id"), "tax_rate", ["tax_rate_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f("fk_client_group_id"), "client_label", ["group_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f("fk_client_merged_into_id"), "client", ["merged_into_id"], ["id"]
        )
        batch_op.create_check_constraint(
            op.f("ck_client_kind"), "kind IN ('business', 'person', 'public')"
        )
        batch_op.create_check_constraint(
            op.f("ck_client_payment_terms_days"), "payment_terms_days BETWEEN 0 AND 365"
        )
        batch_op.create_check_constraint(op.f("ck_client_credit_limit"), "credit_limit >= 0")
        batch_op.create_check_constraint(
            op.f("ck_client_merged_into_another"), "merged_into_id <> id"
        )
        batch_op.create_check_constraint(
            op.f("ck_client_merged_is_archived"),
            "merged_into_id IS NULL OR archived_at IS NOT NULL",
        )
        batch_op.create_index(
            "ix_client_group_id_name_key", ["group_id", "name_key", "id"], unique=False
        )
        batch_op.create_index("ix_client_likeness_key", ["likeness_key"], unique=False)
        batch_op.create_index("ix_client_merged_into_id", ["merged_into_id"], unique=False)


def _make_children() -> None:
    op.create_table(
        "client_contact",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("client_id", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="BT-56"),
        sa.Column("email", sa.String(length=254), nullable=False, comment="BT-58"),
        sa.Column("phone", sa.String(length=40), nullable=False, comment="BT-57"),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "role IN ('other', 'billing', 'copy')", name=op.f("ck_client_contact_role")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_contact_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_contact")),
    )
    with op.batch_alter_table("client_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_client_contact_client_id", ["client_id", "position"], unique=False
        )
    op.create_table(
        "client_tag",
        sa.Column("client_id", _KEY, nullable=False),
        sa.Column("label_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_tag_client_id")),
        sa.ForeignKeyConstraint(
            ["label_id"], ["client_label.id"], name=op.f("fk_client_tag_label_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "label_id", name=op.f("pk_client_tag")),
    )
    with op.batch_alter_table("client_tag", schema=None) as batch_op:
        batch_op.create_index("ix_client_tag_label_id", ["label_id", "client_id"], unique=False)
