"""Places and homes. What was where when stands in plain SQL tables (``schema.sql``)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from allconnects.accounts.models import Account, Organisation
from allconnects.kit.labels import Label, labelled


def _place(category: str, identifiability: str, export: str = "provided", **extra: str) -> Label:
    """A place may bear the name and address of a customer who is a person."""
    return Label(
        category, "product_service", "contact", identifiability, "fleet.dispatch", "legitimate_interest",  # type: ignore[arg-type]
        "relation", "delete_row", export, **extra,  # type: ignore[arg-type]
    )  # fmt: skip


def _home(category: str, identifiability: str, export: str = "provided", **extra: str) -> Label:
    """A home is shown to the one who lives there, and to nobody else."""
    return Label(
        category, "location", "driver", identifiability, "service.operate", "legitimate_interest",  # type: ignore[arg-type]
        "relation", "delete_row", export, **extra,  # type: ignore[arg-type]
    )  # fmt: skip


SHAPE = "a circle, polygon or corridor in degrees, as places/shapes.py reads it"
REFERENCE = _place("user.unique_id.pseudonymous", "pseudonymous", "derived")
DESCRIBED = _place("user.contact", "pseudonymous")
NAMED = _place("user.contact", "indirect")
OUTLINE = _place("user.contact", "indirect", schema=SHAPE)
DERIVED = _place("user.contact", "pseudonymous", "derived")


class Kind(models.TextChoices):
    """What a place is to the organisation. A home is none of these: it is a ``Home``."""

    SITE = "site", _("Site")
    DEPOT = "depot", _("Depot")
    CUSTOMER = "customer", _("Customer")
    SUPPLIER = "supplier", _("Supplier")
    PARKING = "parking", _("Parking")
    OTHER = "other", _("Other")


class Colour(models.TextChoices):
    """Colours of places, made to be told apart on both grounds of the map."""

    BLUE = "blue", _("Blue")
    GREEN = "green", _("Green")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PURPLE = "purple", _("Purple")
    GREY = "grey", _("Grey")


@labelled(
    nobody="a place of the firm: a site, a depot or a customer; whose home one is stands with the account",
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    worker="SELECT",
    id=REFERENCE,
    organisation_id=REFERENCE,
    kind=DESCRIBED,
    name=NAMED,
    number=DESCRIBED,
    address=NAMED,
    colour=DESCRIBED,
    active_from=DESCRIBED,
    active_until=DESCRIBED,
    works_declaration=DESCRIBED,
    timezone=DESCRIBED,
    dwell_s=DESCRIBED,
    shape=OUTLINE,
    west=DERIVED,
    south=DERIVED,
    east=DERIVED,
    north=DERIVED,
    lon=DERIVED,
    lat=DERIVED,
    version=DERIVED,
    created_at=DERIVED,
    changed_at=DERIVED,
)
class Place(models.Model):
    """A site, depot, customer: where devices are said to have been.

    ``active_from``, ``active_until``: the first and last day on which it counts, in its own time zone; None: no limit.
    ``dwell_s``: a stay counts as a visit from so many seconds on. ``version`` grows with every change of what visits
    depend on. ``works_declaration``: number of the declaration of works at the RSZ, of a site.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.SITE)
    name = models.CharField(_("name"), max_length=100)
    number = models.CharField(_("number"), max_length=50, default="", blank=True)
    address = models.CharField(_("address"), max_length=200, default="", blank=True)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour.choices, default=Colour.BLUE)
    active_from = models.DateField(_("active from"), null=True, blank=True)
    active_until = models.DateField(_("active until"), null=True, blank=True)
    works_declaration = models.CharField(_("works declaration"), max_length=20, default="", blank=True)
    timezone = models.CharField(_("time zone"), max_length=50, default="Europe/Brussels")
    dwell_s = models.IntegerField(default=180)
    shape = models.JSONField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    lon = models.FloatField()
    lat = models.FloatField()
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="place_of_organisation"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="place_kind_known"),
            models.CheckConstraint(condition=models.Q(colour__in=Colour.values), name="place_colour_known"),
            models.CheckConstraint(
                condition=models.Q(active_until__gte=models.F("active_from"))
                | models.Q(active_from=None)
                | models.Q(active_until=None),
                name="place_active_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"place {self.pk}"


@labelled(
    tenant="organisation_id",
    web="SELECT, INSERT, UPDATE, DELETE",
    id=_home("user.unique_id.pseudonymous", "pseudonymous", "derived"),
    organisation_id=_home("user.unique_id.pseudonymous", "pseudonymous", "derived"),
    account_id=_home("user.unique_id", "indirect", "derived"),
    shape=_home("user.location.precise", "indirect", schema=SHAPE),
    created_at=_home("user.location.precise", "pseudonymous", "derived"),
    changed_at=_home("user.location.precise", "pseudonymous", "derived"),
)
class Home(models.Model):
    """Where somebody with an account lives: a circle that only that account sees and changes.

    A table of its own, so that no list, export or map of places can show one by mistake; no visits are kept of it.
    """

    id = models.AutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    shape = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "account"], name="home_one_each")]

    def __str__(self) -> str:
        return f"home {self.pk}"
