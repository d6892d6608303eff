"""How often somebody may ask on pages that need no account."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest


def too_often(request: HttpRequest, app: str, action: str, rate: str) -> bool:
    """Count a request. True when there were more than ``rate`` allows; ``6/h/ip``: six an hour of an address."""
    return not ratelimit.consume(request, app=app, action=action, config={action: rate})
