"""The vault: the keys under which personal data are sealed, in a database of their own.

Root → organisation → person or device → class of data. Whoever needs a key asks ``open_vault()``.
"""

from __future__ import annotations

from allconnects.privacy.vault.errors import (
    KeyDestroyed,
    KeyHeld,
    KeyMissing,
    KeyRefused,
    KeyRestricted,
    MoveRefused,
    VaultError,
)
from allconnects.privacy.vault.rows import CLASSES, Subject, device, organisation, person
from allconnects.privacy.vault.service import Vault, open_vault
from allconnects.privacy.vault.states import HOLD, STORAGE, State

__all__ = [
    "CLASSES",
    "HOLD",
    "STORAGE",
    "KeyDestroyed",
    "KeyHeld",
    "KeyMissing",
    "KeyRefused",
    "KeyRestricted",
    "MoveRefused",
    "State",
    "Subject",
    "Vault",
    "VaultError",
    "device",
    "open_vault",
    "organisation",
    "person",
]
