"""The demo organisation: made at the first ``allconnects demo``, found again at the next."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from allconnects.demo.devices import demo_devices
from allconnects.kit import config

if TYPE_CHECKING:
    from allconnects.accounts.models import Organisation

OWNER = "owner@demo.example"
_SCOPES = ["positions:read", "devices:read", "devices:write", "events:read", "members:read"]


def run() -> int:
    """Make what is missing and print ``account=… password=… token=…``."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allconnects.site.settings")
    import django

    django.setup()
    access = _access(config.current().home / "secrets" / "demo.json")
    print(" ".join(f"{key}={access[key]}" for key in ("account", "password", "token")))  # noqa: T201
    return 0


def _access(path: Path) -> dict[str, str]:
    """How to get in, as the last start noted it, or a new organisation when it is not in the database."""
    from allconnects.accounts.models import Organisation

    for noted in (path, path.with_suffix(".new")):
        access = _read(noted)
        organisation = Organisation.objects.filter(slug=access.get("organisation", "")).first()
        if organisation is not None:
            break
    else:
        organisation, access = _found(path.with_suffix(".new"))
    if path.with_suffix(".new").exists():
        path.with_suffix(".new").replace(path)
    _add_devices(organisation.pk)
    return access


def _read(path: Path) -> dict[str, str]:
    try:
        access: dict[str, str] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return access


def _found(path: Path) -> tuple[Organisation, dict[str, str]]:
    """A new organisation; how to get in is on disk before the commit, so that a crash loses neither."""
    from django.db import transaction

    from allconnects.accounts import joining, services

    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        owner = _free_address()
        organisation, secret = services.create_organisation("Demo Bouw & Transport", owner)
        joining.join_anew(secret, "Demo owner", password)
        token = services.create_token(organisation, "Demo", _SCOPES)[1]
        access = {"organisation": organisation.slug, "account": owner, "password": password, "token": token}
        _keep(path, access)
    return organisation, access


def _free_address() -> str:
    from allconnects.accounts.models import Account

    taken = Account.objects.filter(email=OWNER).exists()
    return OWNER.replace("@", f"-{secrets.token_hex(3)}@") if taken else OWNER


def _keep(path: Path, access: dict[str, str]) -> None:
    """Readable by nobody else."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(json.dumps(access))


def _add_devices(organisation: int) -> None:
    from allconnects.telemetry.models import Device

    known = set(Device.objects.filter(organisation_id=organisation).values_list("identifier", flat=True))
    for one in demo_devices():
        if one.identifier not in known:
            Device.objects.create(
                organisation_id=organisation, identifier=one.identifier, name=one.name, kind=one.kind,
                protocol=one.protocol,
            )  # fmt: skip
