"""Privacy labels and privileges of the tables that Django and allauth bring along."""

from __future__ import annotations

from allconnects.kit.labels import NOT_PERSONAL, Label, Table, register

CACHE_TABLE = "site_cache"


def _account(category: str, identifiability: str, export: str, schema: str = "", because: str = "") -> Label:
    return Label(
        category, "account", "account_holder", identifiability, "account.security", "contract",  # type: ignore[arg-type]
        "relation", "delete_row", export, schema=schema, excluded_because=because,  # type: ignore[arg-type]
    )  # fmt: skip


_ADDRESS = _account("user.account", "indirect", "derived")
_EMAIL = _account("user.contact.email", "direct", "provided")
_CREDENTIAL = _account("user.account", "pseudonymous", "observed")
_LIMIT = Label(
    "user.device.ip_address", "security", "account_holder", "pseudonymous", "account.security",
    "legitimate_interest", "session", "delete_row", "excluded",
    schema="pickled list of the moments of recent attempts, or a lock",
    excluded_because="a keyed hash that lives for minutes; nobody can tell whose it is",
)  # fmt: skip
_WRITES = "SELECT, INSERT, UPDATE, DELETE"


def _machinery(name: str, *columns: str, web: str = "") -> Table:
    return Table(name, dict.fromkeys(columns, NOT_PERSONAL), web=web)


TABLES = (
    _machinery("django_migrations", "id", "app", "name", "applied", web="SELECT"),
    _machinery("django_content_type", "id", "app_label", "model"),
    _machinery("auth_permission", "id", "name", "content_type_id", "codename"),
    _machinery("auth_group", "id", "name"),
    _machinery("auth_group_permissions", "id", "group_id", "permission_id"),
    Table(CACHE_TABLE, dict.fromkeys(("cache_key", "value", "expires"), _LIMIT), web=_WRITES, worker="SELECT, DELETE"),
    Table(
        "account_emailaddress",
        {
            **dict.fromkeys(("id", "user_id", "verified", "primary"), _ADDRESS),
            "email": _EMAIL,
        },
        web=_WRITES,
    ),
    Table(
        "account_emailconfirmation",
        {
            **dict.fromkeys(("id", "email_address_id", "created", "sent"), _ADDRESS),
            "key": _account(
                "user.authorization.credentials", "pseudonymous", "excluded", because="a secret that was mailed"
            ),
        },
        web=_WRITES,
    ),
    Table(
        "mfa_authenticator",
        {
            **dict.fromkeys(("id", "user_id", "type", "created_at", "last_used_at"), _CREDENTIAL),
            "data": _account(
                "user.authorization.credentials",
                "pseudonymous",
                "excluded",
                schema="JSON by type: encrypted TOTP secret; seed of recovery codes; name and public key of a passkey",
                because="secrets; disclosing them weakens the account",
            ),
        },
        web=_WRITES,
    ),
)  # fmt: skip


def register_all() -> None:
    """Add them to the inventory."""
    for table in TABLES:
        register(table)
