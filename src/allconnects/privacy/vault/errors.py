"""What the vault refuses, and why. No message names a subject."""

from __future__ import annotations

from allconnects.kit.errors import AllconnectsError


class VaultError(AllconnectsError):
    """The vault cannot do its work; nothing was handed out or changed."""

    code = "vault"
    status = 503


class RootMissing(VaultError):
    """There are wrapped keys, but not the root key that opens them."""

    code = "vault_root_missing"


class RootUnwritable(VaultError):
    """The root key cannot be made or replaced where it should be."""

    code = "vault_root_unwritable"


class RootWrong(VaultError):
    """There is a root key, but the keys were not wrapped with it."""

    code = "vault_root_wrong"


class Damaged(VaultError):
    """A wrapped key, or a column that it is bound to, is not what the vault wrote."""

    code = "vault_damaged"
    status = 500


class KeyRefused(AllconnectsError):
    """The key is not handed out for this purpose."""

    code = "key_refused"
    status = 403


class KeyMissing(KeyRefused):
    """Nothing was ever sealed for this subject and class."""

    code = "key_missing"
    status = 404


class KeyRestricted(KeyRefused):
    """Processing is restricted (GDPR art. 18): stored, not read."""

    code = "key_restricted"


class KeyHeld(KeyRefused):
    """Kept for a legal hold, and read for nothing else."""

    code = "key_held"


class KeyDestroyed(KeyRefused):
    """Gone for good, and with it all that it sealed."""

    code = "key_destroyed"
    status = 410


class MoveRefused(AllconnectsError):
    """A key cannot go from the state that it has to the one that was asked for."""

    code = "key_state"
    status = 409
