"""What the pages of the register have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.access import TenantRequest, at_least
from allconnects.fleet.kinds import EMPLOYER, MATERIAL, PERSON, TEAM, VEHICLE, Kind
from allconnects.kit.errors import AllconnectsError, Forbidden, NotFound

PATHS = {"vehicles": VEHICLE, "materials": MATERIAL, "people": PERSON, "teams": TEAM, "employers": EMPLOYER}
PATH_OF = {kind.name: path for path, kind in PATHS.items()}
READER = {"vehicles": "viewer", "materials": "viewer", "people": "planner", "teams": "planner", "employers": "planner"}
"""Role that may look at each list; changing takes a manager."""
SECTIONS = [
    ("vehicles", _("Vehicles"), "truck"),
    ("materials", _("Materials"), "tool"),
    ("people", _("People"), "users"),
    ("teams", _("Teams"), "users"),
    ("employers", _("Employers"), "building"),
]


def kind_of(request: TenantRequest, path: str, write: bool = False) -> Kind:
    """The kind that a path names. Raises Http404, PermissionDenied."""
    if path not in PATHS:
        raise Http404
    if not at_least(request.role, "manager" if write else READER[path]):
        raise PermissionDenied
    return PATHS[path]


def sections(request: TenantRequest) -> list[tuple[str, Any, str]]:
    """The lists that this member may see."""
    return [one for one in SECTIONS if at_least(request.role, READER[one[0]])]


def attempt(request: TenantRequest, action: Callable[[], Any], done: str = "") -> Any:
    """Do it or say why not; what was refused leaves nothing half written. Unknown ids stay errors."""
    try:
        with transaction.atomic():
            result = action()
    except (NotFound, Forbidden):
        raise
    except AllconnectsError as error:
        messages.error(request, error.message)
        return None
    if done:
        messages.success(request, done)
    return result
