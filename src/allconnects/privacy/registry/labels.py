"""Privacy labels of the registry of an organisation."""

from __future__ import annotations

from dataclasses import replace

from allconnects.kit.labels import NOT_PERSONAL, Label, ages

ENTRY = NOT_PERSONAL
VALUES = replace(
    NOT_PERSONAL,
    schema="what registry/values.py names for that kind: texts, words of closed lists, days, references to documents",
)
TEXTS = replace(NOT_PERSONAL, schema="a notice in Markdown by language")
BY = Label(
    "user.account", "security", "account_holder", "pseudonymous", "rights.handle", "legal_obligation", "change_history",
    "delete_row", "observed",
)  # fmt: skip
"""Who changed or published: the number of an account."""
TOLD = Label(
    "user.account", "security", "account_holder", "indirect", "rights.handle", "legal_obligation", "change_history",
    "delete_row", "observed",
)  # fmt: skip
"""That somebody was told, and when."""

_ERASED = "actor = 'process:erased'"
for _name, _at in (("privacy_registry_entry", "at"), ("privacy_registry_notice", "published_at")):
    ages(_name, f"CASE WHEN {{t}}.actor <> 'process:erased' THEN {{t}}.{_at} END", becomes=_ERASED)
ages(
    "privacy_registry_receipt",
    "(SELECT n.published_at FROM privacy_registry_notice n WHERE n.id = {t}.notice_id)",
)
