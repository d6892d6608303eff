"""The tabs above the pages of an organisation: four groups, and the pages of the one that is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """One page. ``who``: a role, or ``answers`` for those who answer requests of data subjects,
    ``looks`` for them and managers, or ``bills``."""

    page: str
    title: str | Promise
    who: str = "manager"


GROUPS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (_("People"), (Entry("organisation:members", _("Members")), Entry("leaving:past", _("Who left")))),
    (_("Connections"), (
        Entry("organisation:tokens", _("API tokens")), Entry("forwarding:list", _("Forwarding")),
        Entry("support:grants", _("Support")),
    )),
    (_("Data protection"), (
        Entry("requests:queue", _("Requests to answer"), "answers"),
        Entry("disclosures:list", _("Authorities"), "answers"),
        Entry("investigations:list", _("Investigations"), "looks"),
        Entry("investigations:waiting", _("Second person"), "looks"),
        Entry("registry:overview", _("What is processed"), "answers"),
        Entry("breaches:list", _("Breaches"), "owner"), Entry("keeping:keeping", _("How long")),
        Entry("offboarding:leave", pgettext_lazy("the whole organisation", "Leave"), "owner"),
    )),
    (_("Billing"), (Entry("billing:overview", _("Billing"), "bills"),)),
)  # fmt: skip

COUNTED = "investigations:waiting"
"""The page whose tab says how much waits there."""


@register.inclusion_tag("accounts/organisation_tabs.html", takes_context=True)
def organisation_tabs(context: template.Context) -> dict[str, Any]:
    """Groups that whoever asks may open; the open one is that whose page has the longest address that fits."""
    path = context["request"].path
    groups = [(title, _pages(context, entries)) for title, entries in GROUPS]
    counted = _url(COUNTED)
    count = context["waiting"]() if any(counted in dict(pages) for _title, pages in groups) else 0
    fitting = [url for _title, pages in groups for url, _name in pages if path.startswith(url)]
    here = max(fitting, key=len, default="")
    shown = [
        {
            "title": title,
            "pages": pages,
            "open": here in [url for url, _name in pages],
            "url": pages[0][0],
            "count": count if counted in dict(pages) else 0,
        }
        for title, pages in groups
        if pages
    ]
    return {"groups": shown, "here": here, "path": path, "counted": counted, "count": count}


def _pages(context: template.Context, entries: tuple[Entry, ...]) -> list[tuple[str, str | Promise]]:
    found = ((_url(one.page), one.title) for one in entries if _may(context, one.who))
    return [(url, title) for url, title in found if url]


def _may(context: template.Context, who: str) -> bool:
    may = context["may"]
    if who == "answers":
        return bool(may["owner"] or context["answers"]())
    if who == "looks":
        return bool(may["manager"] or context["answers"]())
    if who == "bills":
        return bool(may["owner"] and context["bills"])
    return bool(may[who])


def _url(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""
