"""Privacy labels of the audit chain."""

from __future__ import annotations

from allconnects.kit.labels import Label, Table, Way, ages, register

ENTRY = Label(
    "user.account", "security", "account_holder", "pseudonymous", "account.security",
    "legitimate_interest", "audit", "retain:audit", "observed",
    schema="numbers, days, words of closed lists and hashes; never names, places or free text",
)  # fmt: skip

register(
    Table(
        "privacy_audit",
        dict.fromkeys(
            ("organisation_id", "number", "at", "actor", "action", "about", "details", "previous", "mac"), ENTRY
        ),
        tenant="organisation_id",
        web="SELECT, INSERT",
        worker="SELECT, INSERT, DELETE",
        ways=(Way("word", "about"), Way("mention", "actor", prefix="account:")),
        more="SELECT, INSERT",
    )
)

ages("privacy_audit", "{t}.at", "worker")
