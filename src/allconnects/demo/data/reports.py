"""The firm's head, its working hours, and a report that is sent every Monday."""

from __future__ import annotations

from datetime import time

from allconnects.accounts.models import Role
from allconnects.demo.data.members import account
from allconnects.demo.data.setting import Demo
from allconnects.reports import firm, sending
from allconnects.reports.models import Profile, Schedule
from allconnects.reports.running import Reader


def there(_demo: Demo) -> bool:
    """Whether the firm set something already."""
    return Schedule.objects.exists() or Profile.objects.exists()


def make(demo: Demo) -> None:
    """All of it."""
    firm.save_profile(demo.organisation.pk, {
        "name": "Demo Bouw & Transport", "street": "Voorbeeldlaan 1", "city": "0000 Demostad", "vat": "",
        "contact": "office@demo.example", "classify_days": 7,
    }, None)  # fmt: skip
    day = [(time(6, 30), time(12)), (time(12, 30), time(17, 30))]
    firm.save_hours(demo.organisation.pk, None, dict.fromkeys(range(5), day), 60)
    manager = account(demo, "manager")
    sending.save_schedule(Reader(demo.organisation.pk, Role.MANAGER, manager), {
        "title": "Trips of last week", "report": "trips", "purpose": "dispatch", "scope": {"group": "vehicle"},
        "form": "pdf", "frequency": "weekly", "weekday": 0, "month_day": 1, "hour": 6, "attach": False,
        "link_days": 7, "receivers": [manager.pk, demo.owner.pk],
    })  # fmt: skip
