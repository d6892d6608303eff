"""Pages of a team's day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from allconnects.accounts.access import TenantRequest, member
from allconnects.fleet.models import Team
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput
from allconnects.products.live_connects import history_day as days
from allconnects.products.live_connects import history_spans as spans
from allconnects.products.live_connects import team_day
from allconnects.products.live_connects.history_together import MOST_DEVICES
from allconnects.products.live_connects.history_views import asked_day, organisation_of
from allconnects.products.live_connects.team_day import Bar, Row

WORDS: dict[str, Callable[[], str]] = {
    "drive": lambda: _("Driving"),
    "ride": lambda: _("Riding along"),
    "stop": lambda: _("Standing"),
    "idle": lambda: _("Standing with the trip going on"),
    "engine": lambda: _("Standing with the engine on"),
    "unknown": lambda: _("Not known"),
}


@require_GET
@member("planner")
def choose(request: TenantRequest) -> HttpResponse:
    """The teams, to look at the day of one."""
    present = clock.today()
    now = Q(members__since__lte=present) & (Q(members__until=None) | Q(members__until__gte=present))
    teams = Team.objects.filter(archived_at=None).annotate(size=Count("members", filter=now)).order_by("name", "id")
    return render(request, "history/teams.html", {"teams": teams})


@require_GET
@member("planner")
def day(request: TenantRequest, team: int) -> HttpResponse:
    """The day of a team: a row of bars for each person, or for each vehicle that they used."""
    found = team_day.team_of(team)
    try:
        asked = asked_day(request)
    except InvalidInput:
        return redirect("history:team", team=team)
    by = "vehicle" if request.GET.get("by") == "vehicle" else "person"
    made = (team_day.by_vehicle if by == "vehicle" else team_day.by_person)(
        organisation_of(request), found, asked, request.user.pk
    )
    before, after = days.neighbours(asked)
    devices = list(dict.fromkeys(bar.device for row in made for bar in row.bars if bar.kind == "drive"))
    context = {
        "team": found, "day": asked, "before": before, "after": after, "today": clock.today(), "by": by,
        "rows": [_row(row, asked) for row in made], "hours": _hours(asked), "now": _now(asked),
        "words": [(kind, word()) for kind, word in WORDS.items()],
        "replay": ",".join(map(str, devices[:MOST_DEVICES])),
    }  # fmt: skip
    return render(request, "history/team.html", context)


def _row(row: Row, day: date) -> dict[str, Any]:
    url = f"{reverse('history:day', args=[row.device])}?day={day.isoformat()}" if row.device else ""
    bars = [_bar(bar, day) for bar in row.bars]
    return {
        "name": row.name,
        "leads": row.leads,
        "url": url,
        "bars": bars,
        "driving_s": row.driving_s,
        "idle_s": row.idle_s,
    }


def _bar(bar: Bar, day: date) -> dict[str, Any]:
    words = WORDS[bar.kind]()
    url = f"{reverse('history:day', args=[bar.device])}?day={day.isoformat()}" if bar.device else ""
    return {
        "kind": bar.kind, "x": share(bar.start, day), "width": _percent(_part(bar.end, day) - _part(bar.start, day)),
        "start": bar.start, "end": bar.end, "seconds": (bar.end - bar.start).total_seconds(),
        "says": " · ".join(filter(None, (words, bar.name))), "url": url,
    }  # fmt: skip


def _part(moment: datetime, day: date) -> float:
    """How much of the day has passed, 0 to 1: of its 23, 24 or 25 hours."""
    start, end = spans.bounds_ms(day)
    return min(1.0, max(0.0, (moment.timestamp() * 1000 - start) / (end - start)))


def _percent(part: float) -> str:
    return f"{max(part, 0.0015) * 100:.3f}%"


def share(moment: datetime, day: date) -> str:
    """Where in the day a moment is, as SVG wants it, whatever the language."""
    return f"{_part(moment, day) * 100:.3f}%"


def _hours(day: date) -> list[tuple[str, str, bool]]:
    """(where, what the clock shows, whether a narrow screen shows it) of every other full hour."""
    start, end = spans.bounds_ms(day)
    marks = [(at, words[:2]) for at, words in spans.hours(day) if int(words[:2]) % 2 == 0 and start < at < end]
    return [(f"{(at - start) / (end - start) * 100:.3f}%", words, int(words) % 6 == 0) for at, words in marks]


def _now(day: date) -> str:
    return share(clock.now(), day) if day == clock.today() else ""
