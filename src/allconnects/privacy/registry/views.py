"""Pages of the registry: what is processed and why, edited by owners and the data protection officer."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from allconnects.accounts.access import TenantRequest
from allconnects.kit import clock
from allconnects.kit.errors import InvalidInput, NotFound
from allconnects.privacy import documents
from allconnects.privacy.registry import editing, paper, public, publishing, rules
from allconnects.privacy.registry.access import editor
from allconnects.privacy.registry.forms import FORMS, PublishForm
from allconnects.privacy.registry.models import Kind, Notice
from allconnects.privacy.registry.values import LANGUAGES, All, Values, book_of, is_switchable, title_of

NEW = "new"


def _organisation(request: TenantRequest) -> int:
    assert request.organisation is not None
    return int(request.organisation.pk)


def _row(kind: str, key: str, values: Values, edited: set[tuple[str, str]]) -> dict[str, Any]:
    return {
        "key": key, "title": title_of(kind, key, values), "values": values, "edited": (kind, key) in edited,
        "switchable": kind == Kind.PURPOSE and is_switchable(key), "problem": rules.fault(kind, key, values),
        "overdue": kind == Kind.PURPOSE and rules.is_overdue(values, localtime(clock.now()).date()),
    }  # fmt: skip


@editor
@require_GET
@never_cache
def overview(request: TenantRequest) -> HttpResponse:
    """The draft, what publishing it would change, and the versions."""
    organisation = _organisation(request)
    draft = editing.draft(organisation)
    edited = {(one.kind, one.key) for one in editing.history(organisation, limit=1000) if one.values}
    come, go = publishing.plan(organisation)
    context = {
        "groups": [
            (kind, [_row(kind, key, values, edited) for key, values in draft[kind].items()]) for kind in Kind
        ],
        "come": [_told(line, draft) for line in come], "go": [_told(line, draft) for line in go],
        "notices": Notice.objects.defer("values", "texts").order_by("-number")[:20],
        "holding": publishing.holding(organisation), "languages": LANGUAGES, "public": public.token(organisation),
    }  # fmt: skip
    return render(request, "registry/overview.html", context)


def _told(line: str, draft: All) -> str:
    """A fact as a person reads it: its kind, name and what follows."""
    word, key, *rest = line.split(" ", 2)
    names = {
        "purpose": (_("Purpose"), Kind.PURPOSE), "basis": (_("Legal basis"), Kind.PURPOSE),
        "recipient": (_("Recipient"), Kind.RECIPIENT), "storage": (_("Storage"), Kind.STORAGE),
        "obligation": (_("Obligation"), Kind.OBLIGATION),
    }  # fmt: skip
    name, kind = names[word]
    return ": ".join([name, title_of(kind, key, draft.get(kind, {}).get(key)), *rest])


@editor
@require_http_methods(["GET", "POST"])
@never_cache
def entry(request: TenantRequest, kind: str, key: str) -> HttpResponse:
    """Edit an entry, or add one of one's own."""
    if kind not in FORMS or (key == NEW and kind == Kind.PURPOSE):
        raise NotFound(_("There is no such entry."))
    organisation = _organisation(request)
    held = {} if key == NEW else editing.entry(organisation, kind, key)
    form = FORMS[kind](key, request.POST or None, initial=FORMS[kind].initial_of(held))
    if request.method == "POST" and form.is_valid():
        target = f"own-{secrets.token_hex(4)}" if key == NEW else key
        try:
            if key == NEW and not any(form.cleaned_data[f"title_{one}"].strip() for one in LANGUAGES):
                raise InvalidInput(_("Give it a name in at least one language."))
            editing.save(organisation, kind, target, form.values())
            messages.success(request, _("Saved as a draft. People see it once it is published."))
            return redirect("registry:overview")
        except InvalidInput as error:
            form.add_error(None, error.message)
    context = {
        "form": form, "kind": kind, "label": Kind(kind).label, "key": key, "new": key == NEW,
        "title": _("New entry") if key == NEW else title_of(kind, key, held),
        "history": [] if key == NEW else editing.history(organisation, kind, key, 30),
        "own": key.startswith("own-"),
    }  # fmt: skip
    return render(request, "registry/entry.html", context, status=422 if form.errors else 200)


@editor
@require_POST
def put_back(request: TenantRequest, kind: str, key: str) -> HttpResponse:
    """As shipped again."""
    if kind not in FORMS:
        raise NotFound(_("There is no such entry."))
    editing.put_back(_organisation(request), kind, key)
    messages.success(request, _("Put back. The history keeps what stood there."))
    return redirect("registry:overview")


PAPERS = ("notice", "controller", "processor", "dpia", "retention")


@editor
@require_GET
@never_cache
def preview(request: TenantRequest, name: str, language: str) -> HttpResponse:
    """A document as the draft would make it, in a language of choice."""
    if name not in PAPERS or language not in LANGUAGES:
        raise NotFound(_("There is no such document."))
    draft = editing.draft(_organisation(request))
    with override(language):
        book = book_of(draft)
        text = {
            "notice": lambda: documents.whole(language, book),
            "controller": lambda: documents.record("controller", book),
            "processor": lambda: documents.record("processor", book), "dpia": lambda: documents.dpia(book),
            "retention": lambda: documents.retention(language),
        }[name]()  # fmt: skip
    context = {"paper": paper.html(text), "name": name, "lang": language, "languages": LANGUAGES, "papers": PAPERS}
    return render(request, "registry/preview.html", context)


@editor
@require_http_methods(["GET", "POST"])
@never_cache
def publish(request: TenantRequest) -> HttpResponse:
    """Publish the draft, after its changes were looked at."""
    organisation = _organisation(request)
    form = PublishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = publishing.publish(
                organisation, given["effective_on"], dpia=given["dpia"], consulted_on=given["consulted_on"],
                told_others=given["told_others"],
            )  # fmt: skip
            messages.success(request, _("Version %(number)s is published.") % {"number": made.number})
            return redirect("registry:overview")
        except InvalidInput as error:
            form.add_error(None, error.message)
    draft = editing.draft(organisation)
    come, go = publishing.plan(organisation)
    context = {
        "form": form, "come": [_told(one, draft) for one in come], "go": [_told(one, draft) for one in go],
        "days": publishing.notice_days(),
    }  # fmt: skip
    return render(request, "registry/publish.html", context, status=422 if form.errors else 200)


@editor
@require_GET
@never_cache
def deliveries(request: TenantRequest, number: int) -> HttpResponse:
    """Who was told of a version, and who said that he read it."""
    found = publishing.notice_of(_organisation(request), number)
    rows = found.receipts.select_related("account").order_by("account__email")
    return render(request, "registry/deliveries.html", {"notice": found, "receipts": rows})


def language_of(request: TenantRequest) -> str:
    """The language of a notice: asked for, else that of the page."""
    asked = request.GET.get("language") or (get_language() or "en")[:2]
    return asked if asked in LANGUAGES else "en"
