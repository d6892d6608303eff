"""How to get into the demo: its organisation, its owner, its token; noted in the data folder."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from django.db import transaction

from allconnects.accounts import joining, services
from allconnects.accounts.access import SCOPES
from allconnects.accounts.models import Account, ApiToken, Organisation

OWNER = "owner@demo.example"
ROLES = ("owner", "manager", "planner", "viewer", "driver")
_GUARDS = {"devices:waiting", "reports:audit"}
Access = dict[str, Any]
"""organisation, account, password, token (texts), and ``made``: names of the stages that are done."""


def scopes() -> list[str]:
    """All that can be read: also behind scopes of another name."""
    return sorted({one for one in SCOPES if one.endswith(":read")} | _GUARDS)


def access(path: Path) -> Access:
    """How to get in, as the last start noted it, or a new organisation when it is not in the database."""
    for noted in (path, path.with_suffix(".new")):
        found = _read(noted)
        if Organisation.objects.filter(slug=found.get("organisation", "")).exists():
            break
    else:
        found = _found(path.with_suffix(".new"))
    if path.with_suffix(".new").exists():
        path.with_suffix(".new").replace(path)
    _widen(found["token"])
    return found


def keep(path: Path, noted: Access) -> None:
    """Readable by nobody else; the old text or the new one, whenever it is broken off."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".part")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(noted))
    beside.replace(path)


def address(owner: str, role: str) -> str:
    """The address of a member of the demo, made from its owner's."""
    return owner.replace("owner", role, 1)


def _read(path: Path) -> Access:
    try:
        noted: Access = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return noted


def _found(path: Path) -> Access:
    """A new organisation; how to get in is on disk before the commit, so that a crash loses neither."""
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        owner = _free_address()
        organisation, secret = services.create_organisation("Demo Bouw & Transport", owner)
        joining.join_anew(secret, "Demo owner", password)
        token = services.create_token(organisation, "Demo", scopes())[1]
        noted: Access = {
            "organisation": organisation.slug, "account": owner, "password": password, "token": token, "made": []
        }  # fmt: skip
        keep(path, noted)
    return noted


def _free_address() -> str:
    wanted = [address(OWNER, role) for role in ROLES]
    taken = Account.objects.filter(email__in=wanted).exists()
    return OWNER.replace("@", f"-{secrets.token_hex(3)}@") if taken else OWNER


def _widen(token: str) -> None:
    """A token of an earlier version reads what this version has."""
    ApiToken.objects.filter(token_hash=services.digest(token)).exclude(scopes=scopes()).update(scopes=scopes())
