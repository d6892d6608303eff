"""Privacy labels of the tables of this room."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import (
    Basis,
    Category,
    Export,
    Group,
    Identifiability,
    Label,
    Purpose,
)


def account_label(
    category: Category,
    identifiability: Identifiability = "indirect",
    export: Export = "derived",
    *,
    group: Group = "account",
    purpose: Purpose = "account.provide",
    basis: Basis = "contract",
    schema: str = "",
    because: str = "",
) -> Label:
    """A column about somebody who signs in; it lives as long as the relation."""
    return Label(
        category, group, "account_holder", identifiability, purpose, basis, "relation", "delete_row", export,
        schema, because,
    )  # fmt: skip


def credential_label(because: str) -> Label:
    """A column that lets somebody in, or is a hash of what does."""
    return account_label(
        "user.authorization.credentials", "pseudonymous", "excluded", group="security",
        purpose="account.security", because=because,
    )  # fmt: skip


def session_label(category: Category, schema: str = "") -> Label:
    """A column of the sign-in sessions."""
    return Label(
        category, "security", "account_holder", "pseudonymous", "account.security", "contract", "session",
        "delete_row", "excluded", schema,
        excluded_because="a credential that lives for days; disclosing it helps nobody but a thief",
    )  # fmt: skip


def invitation_label(category: Category, identifiability: Identifiability, export: Export, because: str = "") -> Label:
    """A column about somebody who is asked to join."""
    return Label(
        category, "account", "invitee", identifiability, "account.provide", "legitimate_interest",
        "invitation", "delete_row", export, excluded_because=because,
    )  # fmt: skip


ACCOUNT_ID = account_label("user.unique_id", export="provided")
EMAIL = account_label("user.contact.email", "direct", "provided")
ADDRESS = replace(EMAIL, becomes="'erased-' || t.id || '@erased.invalid'")
"""Where a duty keeps rows that refer to an erased account, one without name, address and way in stays for them."""
NAME = account_label("user.name", "direct", "provided")
PASSWORD = replace(credential_label("a salted hash; disclosing it weakens the account"), becomes="'!'")
SETTING = account_label("user.settings", export="provided")
STATE = account_label("user.account")
ACTIVE = replace(STATE, becomes="false")
LAST_LOGIN = account_label(
    "user.behavior.browsing_history", export="observed", group="security", purpose="account.security",
    basis="legitimate_interest",
)  # fmt: skip
MEMBER = account_label("user.account")
INVITED = invitation_label("user.account", "indirect", "derived")
INVITED_EMAIL = invitation_label("user.contact.email", "direct", "provided")
INVITED_SECRET = invitation_label(
    "user.authorization.credentials", "pseudonymous", "excluded", "a hash of a secret that was sent"
)
TOKEN = account_label("user.account", "pseudonymous")
TOKEN_NAME = account_label("user.account", export="provided")
TOKEN_SECRET = credential_label("a hash of a secret that was shown once")
TOKEN_SCOPES = account_label("user.account", "pseudonymous", schema="words of accounts.access.SCOPES")
