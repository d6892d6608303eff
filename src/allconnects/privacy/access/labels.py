"""Privacy labels of the access log: about who was read, and about who read."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import Label, Table, Way, ages, register, told_later

READ = Label(
    "user.location.precise", "security", "driver", "pseudonymous", "rights.handle",
    "legal_obligation", "access_log", "retain:access_log", "derived",
)  # fmt: skip
WHOM = replace(READ, category="user.unique_id", identifiability="indirect")
BY = replace(READ, category="user.account", subject="account_holder", identifiability="indirect")

register(
    Table(
        "privacy_access",
        {
            **dict.fromkeys(
                ("organisation_id", "id", "purpose", "scope", "first_day", "last_day", "size", "matter"), READ
            ),
            "at": BY,
            "person": WHOM,
            "actor": BY,
            "role": BY,
        },
        tenant="organisation_id",
        web="SELECT, INSERT",
        worker="SELECT, INSERT",
        ways=(Way("mention", "actor", prefix="account:"),),
    )
)

ages("privacy_access", "{t}.at", "worker")
told_later(
    "privacy_access",
    "(EXISTS (SELECT FROM privacy_investigation i WHERE i.id = {t}.matter AND i.told_from > %(today)s)"
    " OR EXISTS (SELECT FROM privacy_disclosure d WHERE d.id = {t}.matter AND d.bar_until >= %(today)s))",
    "CASE {t}.purpose WHEN 'authority' THEN 'disclosure:' ELSE 'investigation:' END || {t}.matter",
)
