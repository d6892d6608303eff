"""Privacy labels of the tables in ``schema.sql``."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import Label, Table, ages, register

CASE = Label(
    "user.account", "security", "employee", "indirect", "rights.handle", "legal_obligation", "request",
    "retain:request", "derived",
)  # fmt: skip
STEPS = replace(CASE, schema="steps: name, state, rows, moment; never what stood in a row")
KEPT = replace(CASE, schema="tables, numbers of rows, class of data, ground, until when")
CLASSES = replace(CASE, schema="classes of data that a hold keeps")
MARK = Label(
    "user.unique_id.pseudonymous", "security", "employee", "pseudonymous", "rights.handle", "legal_obligation",
    "erased_mark", "suppress_hash", "excluded", "keyed hash; says nothing without the vault's secret",
    "a keyed hash that is made only when there is nothing else left",
)  # fmt: skip
COPY = Label(
    "user.account", "security", "employee", "indirect", "rights.handle", "legal_obligation", "export_file",
    "delete_row", "derived",
)  # fmt: skip
COPY_SECRET = replace(
    COPY, category="user.authorization.credentials", export="excluded",
    excluded_because="a hash of the link's secret; disclosing it helps nobody but a thief",
)  # fmt: skip

register(
    Table(
        "privacy_erasure",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "case_id", "person", "account", "asked_by", "state", "asked_at", "tried_at",
                 "attempts", "done_at"),
                CASE,
            ),
            "steps": STEPS,
            "kept": KEPT,
            "mark": replace(CASE, schema="the mark of who was erased"),
        },
        tenant="organisation_id",
        web="SELECT, INSERT",
        worker="SELECT, DELETE",
        more="SELECT, UPDATE, INSERT",
    )
)  # fmt: skip
register(
    Table(
        "privacy_mark",
        dict.fromkeys(("organisation_id", "kind", "tag", "made_at"), MARK),
        tenant="organisation_id",
        web="SELECT",
        worker="SELECT, DELETE",
        nobody="keyed hashes of people who are gone: that nobody can be found is their point",
        more="SELECT, INSERT",
    )
)
register(
    Table(
        "privacy_withheld",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "person", "account", "mode", "ground", "review_on", "set_by", "since",
                 "noticed_at", "ended_at", "ended_by"),
                CASE,
            ),
            "classes": CLASSES,
        },
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
        more="SELECT, DELETE, UPDATE",
    )
)  # fmt: skip
register(
    Table(
        "privacy_export",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "case_id", "person", "account", "scope", "language", "state", "bytes",
                 "asked_at", "ready_at", "expires_at", "opened_at"),
                COPY,
            ),
            "token_hash": COPY_SECRET,
        },
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
    )
)  # fmt: skip

ages("privacy_erasure", "{t}.done_at")
ages("privacy_mark", "{t}.made_at")
ages("privacy_withheld", "{t}.ended_at")
ages(
    "privacy_export",
    "CASE WHEN {t}.state = 'ready' THEN {t}.expires_at ELSE coalesce({t}.opened_at, {t}.ready_at, {t}.asked_at) END",
)
