"""Organisations (the tenants), accounts, and what an account may do where."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.kit.labels import NOT_PERSONAL, Label, labelled

RELATION = {"retention": "relation", "erasure": "delete_row"}
ACCOUNT_ID = Label(
    "user.unique_id", "account", "account_holder", "indirect", "account.provide", "contract", export="provided",
    **RELATION,
)  # fmt: skip


class Role(models.TextChoices):
    """What a member may do; each role may do all that those below it may."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    PLANNER = "planner", _("Planner")
    VIEWER = "viewer", _("Viewer")
    DRIVER = "driver", _("Driver")


class AccountManager(BaseUserManager["Account"]):
    """Accounts are made by invitation or by the operator, never by sign-up."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> Account:
        """A new account; without password it cannot sign in until one is set."""
        account = self.model(email=self.normalize_email(email).lower(), **extra)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        """Addresses are compared in lower case."""
        return self.get(email=(username or "").lower())


@labelled(
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT",
    id=ACCOUNT_ID,
    email=Label(
        "user.contact.email", "account", "account_holder", "direct", "account.provide", "contract",
        export="provided", **RELATION,
    ),
    name=Label(
        "user.name", "account", "account_holder", "direct", "account.provide", "contract", export="provided",
        **RELATION,
    ),
    password=Label(
        "user.authorization.credentials", "security", "account_holder", "pseudonymous", "account.security",
        "contract", export="excluded", excluded_because="a salted hash; disclosing it weakens the account",
        **RELATION,
    ),
    language=Label(
        "user.settings", "account", "account_holder", "indirect", "account.provide", "contract",
        export="provided", **RELATION,
    ),
    theme=Label(
        "user.settings", "account", "account_holder", "indirect", "account.provide", "contract",
        export="provided", **RELATION,
    ),
    is_active=Label(
        "user.account", "account", "account_holder", "indirect", "account.provide", "contract",
        export="derived", **RELATION,
    ),
    last_login=Label(
        "user.behavior.browsing_history", "security", "account_holder", "indirect", "account.security",
        "legitimate_interest", export="observed", **RELATION,
    ),
    created_at=Label(
        "user.account", "account", "account_holder", "indirect", "account.provide", "contract",
        export="derived", **RELATION,
    ),
)  # fmt: skip
class Account(AbstractBaseUser):
    """A sign-in: one e-mail address. What it may do hangs on its memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(max_length=5, default="", blank=True)
    theme = models.CharField(max_length=5, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    def __str__(self) -> str:
        return f"account {self.pk}"


@labelled(
    web="SELECT, INSERT, UPDATE",
    ingest="SELECT",
    worker="SELECT",
    tenant="id",
    id=NOT_PERSONAL,
    name=NOT_PERSONAL,
    slug=NOT_PERSONAL,
    takes_unknown_devices=NOT_PERSONAL,
    created_at=NOT_PERSONAL,
)
class Organisation(models.Model):
    """A tenant: a firm that sees its own devices, people and data, and nobody else's."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(max_length=60, unique=True)
    takes_unknown_devices = models.BooleanField(
        default=False,
        help_text=_("Devices that nobody has registered are listed to the owners of this organisation."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["takes_unknown_devices"],
                condition=models.Q(takes_unknown_devices=True),
                name="one_organisation_takes_unknown_devices",
            )
        ]

    def __str__(self) -> str:
        return self.slug
