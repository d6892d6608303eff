"""REST operations of the register: vehicles, materials, people, employers, teams.

Built by ``_operations`` for each kind: the same rules for all of them. No ``from __future__ import annotations`` here:
django-ninja reads the annotations of functions that are made in a loop.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from allconnects.accounts.access import ApiAuth
from allconnects.fleet import history, rest, schemas
from allconnects.fleet.kinds import EMPLOYER, MATERIAL, PERSON, TEAM, VEHICLE, Kind
from allconnects.fleet.schemas import ChangeOut, Problem
from allconnects.fleet.services import register
from allconnects.fleet.who import who

router = Router(tags=["register"])
ERRORS: dict[int, Any] = {401: Problem, 403: Problem}
READ = {**ERRORS, 404: Problem, 422: Problem}
WRITE = {**READ, 409: Problem, 412: Problem}


class Wanted(Schema):
    """Which rows: every word of ``q`` must stand in one; ``cursor``: what the page before named as next."""

    q: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=50)
    archived: bool = False
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=100, ge=1, le=rest.MOST)


def listed(kind: Kind, wanted: Wanted, out: type[Schema]) -> dict[str, Any]:
    """One page by key, and the cursor of the next one."""
    rows = register.query(kind, wanted.q, wanted.archived, {"group": wanted.group}).order_by("pk")
    if wanted.cursor:
        rows = rows.filter(pk__gt=_key(kind, wanted.cursor))
    found = list(rows[: wanted.limit + 1])
    more = len(found) > wanted.limit
    found = found[: wanted.limit]
    return {"items": [out.from_orm(row) for row in found], "next": rest.cursor_of(found[-1].pk) if more else None}


def _key(kind: Kind, cursor: str) -> Any:
    from django.core.exceptions import ValidationError

    from allconnects.kit.errors import InvalidInput

    try:
        return kind.model._meta.pk.to_python(rest.key_of(cursor))
    except ValidationError:
        raise InvalidInput("cursor") from None


def _operations(
    kind: Kind, path: str, out: type[Schema], given: type[Schema], changed: type[Schema], people: bool = False
) -> None:
    scope = "people" if people else "register"
    read, write = ApiAuth(f"{scope}:read"), ApiAuth(f"{scope}:write")
    page = type(f"{out.__name__}Page", (Schema,), {"__annotations__": {"items": list[out], "next": str | None}})  # type: ignore[valid-type]
    one = f"/{path}/{{{'uuid' if people else 'int'}:key}}"
    key_type: Any = __import__("uuid").UUID if people else int
    tags = [path]

    @router.get(
        f"/{path}", response={200: page, **READ}, auth=read, url_name=path, operation_id=f"list_{path}", tags=tags
    )
    def list_rows(request: HttpRequest, wanted: Query[Wanted]) -> Any:
        return listed(kind, wanted, out)

    @router.post(
        f"/{path}", response={201: out, **WRITE}, auth=write, url_name=path, operation_id=f"add_{kind.name}", tags=tags
    )
    def add(request: HttpRequest, response: HttpResponse, body: given) -> Any:  # type: ignore[valid-type]
        row = register.create(who(request), kind, body.dict(exclude_unset=True))  # type: ignore[arg-type, attr-defined]
        return 201, out.from_orm(row).dict()

    @router.get(
        one, response={200: out, **READ}, auth=read, url_name=kind.name, operation_id=f"get_{kind.name}", tags=tags
    )
    def get(request: HttpRequest, response: HttpResponse, key: key_type) -> Any:
        row = register.get(kind, key)
        rest.tagged(response, row.version)
        return out.from_orm(row)

    @router.patch(
        one, response={200: out, **WRITE}, auth=write, url_name=kind.name, operation_id=f"change_{kind.name}", tags=tags
    )
    def change(request: HttpRequest, response: HttpResponse, key: key_type, body: changed) -> Any:  # type: ignore[valid-type]
        data = body.dict(exclude_unset=True)  # type: ignore[attr-defined]
        row = register.change(who(request), kind, key, data, rest.version_in(request))  # type: ignore[arg-type]
        rest.tagged(response, row.version)
        return out.from_orm(row)

    @router.delete(
        one,
        response={204: None, **WRITE},
        auth=write,
        url_name=kind.name,
        operation_id=f"archive_{kind.name}",
        tags=tags,
    )
    def archive(request: HttpRequest, key: key_type) -> Any:
        register.archive(who(request), kind, key, rest.version_in(request))  # type: ignore[arg-type]
        return 204, None

    @router.get(
        f"{one}/history", response={200: list[ChangeOut], **READ}, auth=read, url_name=f"{kind.name}_history",
        operation_id=f"history_of_{kind.name}", tags=tags,
    )  # fmt: skip
    def changes(request: HttpRequest, key: key_type) -> Any:
        row = register.get(kind, key)
        return [ChangeOut.from_orm(one) for one in history.of_row(kind.name, row.pk)]

    list_rows.__doc__ = "A page of rows by key, with the cursor of the next page."
    add.__doc__ = "Enter a row. With an Idempotency-Key it is entered once, however often it is sent."
    get.__doc__ = "One row; its ETag is its version."
    change.__doc__ = "Change fields; what is left out stays. With If-Match only if nobody changed it meanwhile."
    archive.__doc__ = "Put a row away. Its past stays, and it can be brought back in the pages."
    changes.__doc__ = "The latest 200 changes of a row, newest first."


_operations(VEHICLE, "vehicles", schemas.VehicleOut, schemas.VehicleIn, schemas.VehicleChange)
_operations(MATERIAL, "materials", schemas.MaterialOut, schemas.MaterialIn, schemas.MaterialChange)
_operations(PERSON, "people", schemas.PersonOut, schemas.PersonIn, schemas.PersonChange, people=True)
_operations(EMPLOYER, "employers", schemas.EmployerOut, schemas.EmployerIn, schemas.EmployerChange)
_operations(TEAM, "teams", schemas.TeamOut, schemas.TeamIn, schemas.TeamChange)
