"""REST operations of the live map."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from allconnects.accounts.access import ApiAuth
from allconnects.products.live_connects.subjects import subjects
from allconnects.telemetry.api import ERRORS

router = Router(tags=["positions"])


class SubjectOut(Schema):
    """What a device stands for now; ``teams``: of who is in it."""

    device: int
    kind: Literal["vehicle", "material"]
    name: str
    plate: str
    groups: list[str]
    teams: list[str]


@router.get(
    "/live/subjects", response={200: list[SubjectOut], **ERRORS}, auth=ApiAuth("positions:read"),
    url_name="live_subjects",
)  # fmt: skip
def live_subjects(request: HttpRequest) -> Any:
    """The vehicle or material that each device is in at this moment, where it is in one."""
    return [one._asdict() for one in subjects()]
