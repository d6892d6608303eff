"""Privacy labels of the vault's tables, and the privileges of its role, made from them.

The vault is a database of its own: its labels are not among those of ``kit.labels.tables()``.
"""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit import db
from allconnects.kit.labels import NOT_PERSONAL, Label, Table, register_aside

_BECAUSE = "a wrapped key says nothing about the person; what it opens is in the export"
KEY = Label(
    "user.unique_id.pseudonymous", "security", "driver", "pseudonymous", "service.operate", "legal_obligation",
    "relation", "suppress_hash", "excluded", excluded_because=_BECAUSE,
)  # fmt: skip
"""What is left of a destroyed key keeps another one from being made for the same subject."""
WRAPPED = replace(
    KEY, erasure="delete_chunk+shred:raw_position", schema="one version byte, nonce, AES-256-GCM ciphertext of a key"
)
TAG = replace(KEY, schema="keyed hash of organisation, subject and class; says nothing without the vault's secret")
LOG = Label(
    "user.unique_id", "security", "account_holder", "pseudonymous", "account.security", "legal_obligation",
    "security_log", "retain:security_log", "excluded",
    excluded_because="who read is told in the access log of the person; this one shows that nothing else was read",
)  # fmt: skip

NUMBER_OF = Label(
    "user.unique_id.pseudonymous", "account", "employee", "pseudonymous", "presence.declare", "legal_obligation",
    "relation", "delete_row", "derived",
)  # fmt: skip
NUMBER = replace(
    NUMBER_OF, category="user.government_id", erasure="delete_chunk+shred:raw_position", export="excluded",
    schema="version byte, nonce, AES-256-GCM ciphertext of eleven digits",
    excluded_because="the person knows it; a copy of it in a file is a risk of its own",
)  # fmt: skip
FINDER = replace(
    NUMBER, erasure="delete_row", schema="keyed hash of organisation and digits; nothing without the vault's secret"
)  # fmt: skip
NUMBER_USE = replace(NUMBER_OF, retention="access_log", erasure="retain:access_log", group="security")

_CHANGING = "parent, state, wrapped, changed_at"
TABLES = {
    table.name: table
    for table in (
        Table("vault_schema", {"version": NOT_PERSONAL}),
        Table(
            "vault_meta",
            {
                **dict.fromkeys(("one", "vault", "root", "made_at"), NOT_PERSONAL),
                "secret": replace(NOT_PERSONAL, schema="wrapped key of 32 bytes that keys the tags"),
            },
            vault="SELECT, INSERT, UPDATE",
        ),
        Table(
            "vault_key",
            {
                **dict.fromkeys(
                    ("id", "parent", "organisation_id", "kind", "subject", "class", "state", "created_at"), KEY
                ),
                "wrapped": WRAPPED,
                "changed_at": KEY,
            },
            vault="SELECT, INSERT",
        ),
        Table("vault_erased", {"tag": TAG, "erased_at": KEY}, vault="SELECT, INSERT"),
        Table(
            "vault_change",
            dict.fromkeys(("at", "organisation_id", "key_id", "was", "became", "who", "reason"), LOG),
            vault="SELECT, INSERT",
        ),
        Table(
            "vault_unwrap",
            dict.fromkeys(("minute", "organisation_id", "key_id", "who", "purpose", "count"), LOG),
            vault="SELECT, INSERT",
        ),
        Table(
            "vault_number",
            {
                **dict.fromkeys(("organisation_id", "person", "entered_at", "entered_by"), NUMBER_OF),
                "sealed": NUMBER,
                "finder": FINDER,
            },
            vault="SELECT, INSERT, UPDATE, DELETE",
        ),
        Table(
            "vault_number_use",
            dict.fromkeys(("at", "organisation_id", "person", "connector", "who", "reference"), NUMBER_USE),
            vault="SELECT, INSERT",
        ),
        Table("vault_backup", dict.fromkeys(("at", "keys"), NOT_PERSONAL), vault="SELECT, INSERT"),
    )
}

register_aside(*TABLES.values())


def grants() -> list[str]:
    """The statements that give the role ``vault`` what the labels say, and nothing to anybody else."""
    role = db.role_name("vault")
    result = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, " + role,
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
    ]
    result += [f"GRANT {table.vault} ON {table.name} TO {role}" for table in TABLES.values() if table.vault]
    result.append(f"GRANT UPDATE ({_CHANGING}) ON vault_key TO {role}")
    result += [
        f"GRANT EXECUTE ON FUNCTION {name}(date) TO {role}"
        for name in ("vault_make_partition", "vault_drop_partitions", "vault_forget_number_uses")
    ]
    return result
