"""Privacy labels of the tables of this room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from allconnects.kit.labels import NOT_PERSONAL, Category, Export, Identifiability, Label, ages, labelled

T = TypeVar("T")


def kept_rows(*, found: Any = (), **columns: Label) -> Callable[[type[T]], type[T]]:
    """A table of an organisation whose rows are only added: no page changes or deletes one."""
    return _table("SELECT, INSERT", columns, found)


def tenant_table(*, nobody: Any = "", **columns: Label) -> Callable[[type[T]], type[T]]:
    """A table of an organisation that its people edit."""
    return _table("SELECT, INSERT, UPDATE, DELETE", columns, (), nobody)


def _table(web: str, columns: dict[str, Label], found: Any = (), nobody: str = "") -> Callable[[type[T]], type[T]]:
    decorate = cast(Any, labelled)(
        tenant="organisation_id", web=web, worker="SELECT, DELETE", found=found, nobody=nobody, **columns
    )
    return cast(Callable[[type[T]], type[T]], decorate)


def run_label(
    category: Category = "user.behavior.browsing_history", identifiability: Identifiability = "pseudonymous",
    export: Export = "observed", schema: str = "",
) -> Label:  # fmt: skip
    """A column of the log of runs: who looked into what, never what was seen."""
    return Label(
        category, "security", "account_holder", identifiability, "account.security", "legitimate_interest",
        "security_log", "retain:security_log", export, schema,
    )  # fmt: skip


def schedule_label(
    category: Category = "user.settings", identifiability: Identifiability = "pseudonymous",
    export: Export = "provided", schema: str = "", because: str = "",
) -> Label:  # fmt: skip
    """A column about what is sent to whom regularly."""
    return Label(
        category, "product_service", "account_holder", identifiability, "fleet.report", "contract", "relation",
        "delete_row", export, schema, because,
    )  # fmt: skip


def logbook_label(
    category: Category = "user.unique_id.pseudonymous", identifiability: Identifiability = "pseudonymous",
    export: Export = "derived", schema: str = "",
) -> Label:  # fmt: skip
    """A column of the logbook or of what it is made from."""
    return Label(
        category, "product_service", "employee", identifiability, "tax.logbook", "legal_obligation", "tax_logbook",
        "retain:tax_logbook", export, schema,
    )  # fmt: skip


def payroll_label(
    category: Category = "user.unique_id.pseudonymous", identifiability: Identifiability = "pseudonymous",
    export: Export = "derived", schema: str = "",
) -> Label:  # fmt: skip
    """A column of what is prepared for payroll."""
    return Label(
        category, "product_service", "employee", identifiability, "payroll.prepare", "contract", "payroll",
        "retain:payroll", export, schema,
    )  # fmt: skip


MACHINERY = NOT_PERSONAL
HEAD_LOGO = replace(NOT_PERSONAL, schema="PNG or JPEG of the firm's logo")
HOURS = schedule_label("user.account", export="derived")
HOURS_DAYS = schedule_label("user.account", export="derived", schema="spans of hours by weekday, Monday is 0")
RUN, RUN_WHO = run_label(), run_label("user.unique_id", "indirect")
RUN_SCOPE = run_label(schema="numbers of vehicles, people, teams, sites and materials that were chosen")
SCHEDULE, SCHEDULE_WHO = schedule_label(), schedule_label("user.unique_id", "indirect", "derived")
DELIVERY = replace(SCHEDULE, retention="share")
SCHEDULE_SCOPE = schedule_label(schema="what is asked of the report: period, groups, numbers of what was chosen")
LOGBOOK, LOGBOOK_WHO = logbook_label(), logbook_label("user.unique_id", "indirect")
LOGBOOK_ROW = logbook_label(
    "user.location.precise", "indirect",
    schema="a trip (times, kilometres, places unless private, driver, kind), a close (counts, totals) or a correction",
)  # fmt: skip
PAYROLL, PAYROLL_WHO = payroll_label(), payroll_label("user.unique_id", "indirect")
CONTEST_TEXT = payroll_label(
    "user.account", "direct", "provided", schema="words of the person or of who answered, not told in mails or logs"
)
PAYROLL_FIGURES = payroll_label(
    "user.account", "indirect", schema="days, hours by site, metres as driver and passenger, as they were approved"
)

ages("reports_run", "{t}.at")
ages("reports_delivery", "greatest({t}.due_at, {t}.finished_at, {t}.expires_at)")
ages("reports_logbookrow", "{t}.made_at")
ages("trips_classification", "{t}.at")
ages("reports_payrollmonth", "greatest({t}.approved_at, {t}.reopened_at)")
ages("reports_contest", "greatest({t}.said_at, {t}.answered_at)")
