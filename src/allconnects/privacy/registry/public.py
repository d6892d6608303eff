"""Addresses under which anybody reads the notices of an organisation, which they name by a signed number."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from allconnects.kit import config
from allconnects.kit.errors import NotFound
from allconnects.privacy.registry.models import Notice

_SIGNER = signing.Signer(salt="registry.notices")


def token(organisation: int) -> str:
    """What stands in the address; always the same for an organisation."""
    return _SIGNER.sign(str(organisation))


def read(text: str) -> int:
    """The organisation of an address. Raises NotFound."""
    try:
        return int(_SIGNER.unsign(text))
    except (signing.BadSignature, ValueError):
        raise NotFound(_("There is no such notice.")) from None


def link(notice: Notice) -> str:
    """The whole address of a published version."""
    settings = config.current()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return base + reverse("registry:notice", args=[token(notice.organisation_id), notice.number])
