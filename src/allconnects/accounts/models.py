"""Organisations (the tenants), accounts, and what an account may do where."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts import labels
from allconnects.kit import clock
from allconnects.kit.labels import NOT_PERSONAL, Way, labelled

LANGUAGES = (("nl", "Nederlands"), ("fr", "Français"), ("en", "English"), ("de", "Deutsch"))
"""Languages of pages and mails, each by its own name."""


class Theme(models.TextChoices):
    """Light or dark; automatic follows the browser."""

    AUTO = "", _("Automatic")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


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
    root="account",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT",
    id=labels.ACCOUNT_ID,
    email=labels.ADDRESS,
    name=labels.NAME,
    password=labels.PASSWORD,
    language=labels.SETTING,
    theme=labels.SETTING,
    is_active=labels.ACTIVE,
    last_login=labels.LAST_LOGIN,
    created_at=labels.STATE,
)
class Account(AbstractBaseUser):
    """A sign-in: one e-mail address. What it may do hangs on its memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="", blank=True)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    def __str__(self) -> str:
        return f"account {self.pk}"


@labelled(
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT, DELETE",
    session_key=labels.session_label("user.authorization.credentials"),
    session_data=labels.session_label(
        "user.account",
        schema="signed base64 JSON: account id, chosen organisation, sign-in methods with address and moment, messages",
    ),
    expire_date=labels.session_label("user.account"),
    account_id=labels.session_label("user.unique_id"),
)
class Session(AbstractBaseSession):
    """A sign-in that lasts; knows its account, so that all sessions of an account can be ended."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)

    class Meta(AbstractBaseSession.Meta):
        db_table = "accounts_session"

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        """The store of Django's session framework that uses this table."""
        from allconnects.accounts.sessions import SessionStore

        return SessionStore


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
    created_at = models.DateTimeField(default=clock.now)

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


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT",
    id=labels.MEMBER,
    organisation_id=labels.MEMBER,
    account_id=labels.MEMBER,
    role=labels.MEMBER,
    created_at=labels.MEMBER,
)
class Membership(models.Model):
    """An account's place in an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "account"], name="one_membership_each"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT, DELETE",
    id=labels.INVITED,
    organisation_id=labels.INVITED,
    email=labels.INVITED_EMAIL,
    role=labels.INVITED,
    token_hash=labels.INVITED_SECRET,
    created_at=labels.INVITED,
    expires_at=labels.INVITED,
    accepted_at=labels.INVITED,
    invited_by_id=labels.INVITED,
    found=(Way("email", "email"),),
)
class Invitation(models.Model):
    """A link that lets one address join once, within a week."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    invited_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=models.Q(accepted_at=None),
                name="one_open_invitation_each",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT",
    id=labels.TOKEN,
    organisation_id=labels.TOKEN,
    name=labels.TOKEN_NAME,
    token_hash=labels.TOKEN_SECRET,
    scopes=labels.TOKEN_SCOPES,
    created_by_id=labels.TOKEN,
    created_at=labels.TOKEN,
    last_used_on=labels.TOKEN,
    revoked_at=labels.TOKEN,
)
class ApiToken(models.Model):
    """What lets a program read or write an organisation's data; only a hash of it is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=clock.now)
    last_used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.pk}"


from allconnects.accounts.support_models import Supporter, SupportGrant, SupportVisit  # noqa: E402

__all__ = [
    "LANGUAGES",
    "Account",
    "ApiToken",
    "Invitation",
    "Membership",
    "Organisation",
    "Role",
    "Session",
    "SupportGrant",
    "SupportVisit",
    "Supporter",
    "Theme",
]
