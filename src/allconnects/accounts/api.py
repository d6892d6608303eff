"""REST operations of organisations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from allconnects.accounts.access import ApiAuth
from allconnects.accounts.models import Membership

router = Router(tags=["organisation"])


class MemberOut(Schema):
    """A member of the organisation. ``id`` is the membership's."""

    id: int
    name: str
    email: str
    role: str
    created_at: datetime


@router.get("/members", response=list[MemberOut], auth=ApiAuth("members:read"), url_name="members")
def members(request: HttpRequest) -> list[dict[str, Any]]:
    """Everybody in the organisation, by address."""
    found = Membership.objects.select_related("account").order_by("account__email")
    return [
        {
            "id": one.pk,
            "name": one.account.name,
            "email": one.account.email,
            "role": one.role,
            "created_at": one.created_at,
        }
        for one in found
    ]
