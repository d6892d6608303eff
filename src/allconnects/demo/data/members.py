"""A member of each role; all sign in with the password of the owner."""

from __future__ import annotations

from allconnects.accounts import joining, services
from allconnects.accounts.models import Account, Membership, Role
from allconnects.accounts.services import Actor
from allconnects.demo.data.access import ROLES, address
from allconnects.demo.data.setting import Demo


def there(_demo: Demo) -> bool:
    """Each is looked for on its own."""
    return False


def make(demo: Demo) -> None:
    """Invite and let join whoever is missing."""
    actor = Actor(demo.owner, demo.organisation, Role.OWNER)
    for role in ROLES[1:]:
        email = address(demo.owner.email, role)
        if not Membership.objects.filter(organisation=demo.organisation, account__email=email).exists():
            secret = services.invite(actor, email, role)
            joining.join_anew(secret, f"Demo {role}", demo.password)


def account(demo: Demo, role: str) -> Account:
    """The member of a role."""
    return Account.objects.get(email=address(demo.owner.email, role))
