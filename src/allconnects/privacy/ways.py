"""Every leaving is written into the audit chain, and looked after once more when what was under way then is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import connection

from allconnects.accounts.leaving import Leaver, tell
from allconnects.kit import clock, jobs
from allconnects.privacy.audit import service as audit

ACTION = "leaving.done"
SWEEPER = "process:sweep"
SWEEP_AFTER = timedelta(seconds=40)
"""A request that had begun may make a way in after the ending; that is ended within the promised minute too."""


def _write(leaver: Leaver, by: str, ended: Mapping[str, int]) -> None:
    if not ended:
        return
    account = {"account": leaver.account} if leaver.account is not None else {}
    with connection.cursor() as cursor:
        audit.record(cursor, leaver.organisation, by, ACTION, leaver.about, {"ended": dict(ended), **account})


def _look_again(leaver: Leaver, by: str, _ended: Mapping[str, int]) -> None:
    if by == SWEEPER:
        return
    at, account = clock.now() + SWEEP_AFTER, leaver.account or 0
    if leaver.person is None:
        jobs.defer("privacy.sweep", organisation=leaver.organisation, at=at, account=account)
    else:
        jobs.defer("privacy.sweep", organisation=leaver.organisation, at=at, account=account, person=leaver.person)


tell(_write)
tell(_look_again)
