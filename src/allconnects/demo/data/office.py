"""What the office works with: a link for a customer, and a talk with a driver."""

from __future__ import annotations

from datetime import timedelta

from allconnects.demo.data.members import account
from allconnects.demo.data.setting import Demo, device
from allconnects.kit import clock
from allconnects.products.live_connects.models import Message, Precision, Share
from allconnects.products.live_connects.shares import LONGEST, make_share

_TALK = (
    ("planner", "The crane at Site Voorbeeldlaan is ready from 10:00. Can you be there?"),
    ("driver", "Yes. I am loading at the depot, leaving in ten minutes."),
    ("planner", "Thank you. Gate 2, please: gate 1 is closed today."),
)


def there(_demo: Demo) -> bool:
    """Whether any of it was made already."""
    return Share.objects.exists() or Message.objects.exists()


def make(demo: Demo) -> None:
    """All of it."""
    now = clock.now()
    make_share(
        demo.organisation, demo.owner, "Delivery for Customer Exempel", [device("Van 06").pk], now, now + LONGEST,
        with_name=True, precision=Precision.STREET,
    )  # fmt: skip
    driver = account(demo, "driver")
    for number, (role, text) in enumerate(_TALK):
        at = demo.founded - timedelta(minutes=20 - 4 * number)
        Message.objects.create(
            organisation=demo.organisation, driver=driver, sender=account(demo, role), text=text,
            client_id=f"demo-{number}", at=at, read_at=at + timedelta(minutes=2) if number < len(_TALK) - 1 else None,
        )  # fmt: skip
