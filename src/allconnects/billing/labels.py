"""Privacy labels of billing's tables, and the privileges of its role, made from them.

Billing is a database of its own: its labels are not among those of ``kit.labels.tables()``. The contact of a customer
may be a person, or a firm that is one person, so all of it is treated as personal.
"""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit import db
from allconnects.kit.labels import NOT_PERSONAL, Label, Table, register_aside

BILLED = Label(
    "user.contact", "billing", "contact", "indirect", "billing.handle", "contract", "billing", "retain:billing",
    "observed",
)  # fmt: skip
"""What says who bought what; books are kept as long as law asks."""
GIVEN = replace(BILLED, identifiability="direct", export="provided", retention="relation", erasure="delete_row")
CARD = replace(BILLED, category="user.financial")


def _table(name: str, privileges: str, labels: dict[str, Label]) -> Table:
    return Table(name, labels, billing=privileges)


TABLES = {
    table.name: table
    for table in (
        Table("billing_schema", {"version": NOT_PERSONAL}),
        _table(
            "billing_customer",
            "SELECT, INSERT, UPDATE, DELETE",
            dict.fromkeys(
                (
                    "organisation_id", "id", "name", "vat_number", "email", "phone", "street", "postcode", "city",
                    "country", "language", "reference", "changed_at",
                ),
                GIVEN,
            ),
        ),
        _table(
            "billing_subscription",
            "SELECT, INSERT, UPDATE",
            dict.fromkeys(
                (
                    "id", "organisation_id", "plan", "price", "currency", "months", "quantity", "next_quantity",
                    "anchor", "invoiced_to", "cancelled_at", "ends", "created_at",
                ),
                BILLED,
            ),
        ),
        _table(
            "billing_licence",
            "SELECT, INSERT, UPDATE",
            {
                **dict.fromkeys(
                    (
                        "id", "tail", "plan", "months", "quantity", "issued_at", "expires", "organisation_id",
                        "redeemed_at", "valid_from", "valid_to", "revoked_at",
                    ),
                    BILLED,
                ),
                "code_hash": replace(
                    BILLED, export="excluded", schema="SHA-256 of a licence code",
                    excluded_because="a code that is shown once; its last four characters are in the export",
                ),
            },
        ),
        _table("billing_number", "SELECT, INSERT, UPDATE", dict.fromkeys(("year", "kind", "last"), NOT_PERSONAL)),
        _table(
            "billing_invoice",
            "SELECT, INSERT",
            {
                **dict.fromkeys(
                    (
                        "year", "number", "id", "organisation_id", "kind", "corrects", "issued", "due", "currency",
                        "net", "vat", "gross", "payment_reference", "state", "sent_at",
                    ),
                    BILLED,
                ),
                "seller": replace(BILLED, schema="name, address, VAT number and account of the operator"),
                "buyer": replace(BILLED, schema="name, address, VAT number, e-mail, language, reference"),
                "lines": replace(BILLED, schema="list of text, quantity, unit price, net and period"),
                "tax": replace(BILLED, schema="category, rate in per cent, note and source"),
            },
        ),
        _table(
            "billing_payment",
            "SELECT, INSERT",
            {
                **dict.fromkeys(
                    (
                        "year", "id", "organisation_id", "invoice", "processor", "reference", "amount", "currency",
                        "state", "created_at", "changed_at",
                    ),
                    BILLED,
                ),
                "card_brand": CARD,
                "card_last4": CARD,
            },
        ),
    )
}  # fmt: skip
_CHANGING = {
    "billing_invoice": "state, sent_at",
    "billing_payment": "state, card_brand, card_last4, changed_at",
}
"""What may still change of a row that is never rewritten."""

register_aside(*TABLES.values())


def grants() -> list[str]:
    """The statements that give the role ``billing`` what the labels say, and nothing to anybody else."""
    role = db.role_name("billing")
    result = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, " + role,
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
    ]
    result += [f"GRANT {table.billing} ON {table.name} TO {role}" for table in TABLES.values() if table.billing]
    result += [f"GRANT UPDATE ({columns}) ON {name} TO {role}" for name, columns in _CHANGING.items()]
    result += [
        f"GRANT EXECUTE ON FUNCTION {name} TO {role}"
        for name in (
            "billing_has_card(text)", "billing_organisation()", "billing_make_year(integer)",
            "billing_drop_year(integer, integer, date)", "billing_invoice_stays()",
        )
    ]  # fmt: skip
    return result
