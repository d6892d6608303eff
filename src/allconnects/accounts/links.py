"""Links that are sent to people."""

from __future__ import annotations

from django.urls import reverse

from allconnects.kit import config


def invitation_link(secret: str) -> str:
    """The whole address of an invitation's page."""
    settings = config.current()
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return base + reverse("invitation", args=[secret])
