"""Privacy labels of the table in ``schema.sql``: who asked is known until it is done, then nothing but that it was."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import Label, Table, Way, ages, register

ASKED = Label(
    "user.account", "account", "account_holder", "indirect", "rights.handle", "legal_obligation", "request",
    "retain:request", "observed",
)  # fmt: skip
ANSWER = replace(
    ASKED, category="user.contact.email", identifiability="direct", export="excluded",
    excluded_because="the address of the account itself, until the answer is sent",
)  # fmt: skip

register(
    Table(
        "privacy_offboarding",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "state", "asked_by", "agreed_by", "asked_at", "due_at", "ended_at", "done_at",
                 "copy_state", "copy_done", "copy_all", "copy_at", "language"),
                ASKED,
            ),
            "answer_to": ANSWER,
            "accounts": replace(ASKED, schema="numbers of accounts that are a member nowhere else"),
            "steps": replace(ASKED, schema="steps: name, rows, moment; never what stood in a row"),
            "kept": replace(ASKED, schema="what stays: what, why, until when"),
            "mark": replace(ASKED, schema="keyed hash of the organisation's number"),
        },
        tenant="organisation_id",
        web="SELECT, INSERT, UPDATE",
        worker="SELECT, DELETE",
        more="SELECT, INSERT, UPDATE",
        ways=(Way("mention", "asked_by"), Way("mention", "agreed_by")),
    )
)  # fmt: skip
ages("privacy_offboarding", "{t}.done_at")
