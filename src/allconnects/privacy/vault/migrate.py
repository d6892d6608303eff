"""The vault's tables, brought to this version, and its root key made at first start."""

from __future__ import annotations

from allconnects.kit import bootstrap, db
from allconnects.privacy.vault.changes import reconcile
from allconnects.privacy.vault.errors import VaultError
from allconnects.privacy.vault.identity import LOCK, identify, initialise
from allconnects.privacy.vault.labels import grants
from allconnects.privacy.vault.log import forget_old
from allconnects.privacy.vault.service import Vault, from_settings

STEPS = ("schema.sql", "numbers.sql")
"""The files that make the schema, in order; a new version of it is a new file."""


def migrate() -> str:
    """Make what is missing and make sure that the root key opens the vault. Returns a line for the operator, or none.

    Raises BootstrapError, VaultError, RootMissing or RootWrong in one line.
    """
    bootstrap.bootstrap_side(db.VAULT)
    newer = VaultError("the vault was made by a newer version of allconnects; install that version")
    bootstrap.bring_up_side(db.VAULT, "allconnects.privacy.vault", STEPS, grants(), lock=LOCK, newer=newer)
    with from_settings() as vault:
        return _root(vault)


def _root(vault: Vault) -> str:
    with vault.session() as connection:
        made = initialise(connection, vault.root)
        gone = reconcile(connection, identify(connection, vault.root), vault.ledger)
        forget_old(connection)
    if made:
        return (
            f"made the root key of the vault in {vault.root.where}: copy it to a safe place, apart from every backup. "
            "Without it nothing that is sealed can be read again, by anybody"
        )
    return f"{gone} keys that had been destroyed before came with an old database: destroyed again" if gone else ""
