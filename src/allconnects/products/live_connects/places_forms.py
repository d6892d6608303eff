"""Forms of places. A shape is told in fields, so that it can be typed; the map writes into the same fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allconnects.places.models import Colour, Kind, Place
from allconnects.places.services import Given
from allconnects.products.fleet_tracker.forms import TablerForm

SHAPES = (
    ("Circle", gettext_lazy("Circle")),
    ("Polygon", gettext_lazy("Polygon")),
    ("Corridor", gettext_lazy("Corridor")),
)
ZONES = ("Europe/Brussels", "Europe/London", "Europe/Lisbon", "Europe/Athens", "Europe/Helsinki", "UTC")


class DateField(forms.DateField):
    """A day, picked as the browser does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class PlaceForm(TablerForm):
    """A place with its shape."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices)
    number = forms.CharField(
        label=gettext_lazy("Number or reference"), max_length=50, required=False
    )  # fmt: skip
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=Colour.choices)
    works_declaration = forms.CharField(
        label=gettext_lazy("Declaration of works"), max_length=20, required=False,
        help_text=gettext_lazy("Of a site: the number that the RSZ/ONSS gave it."),
    )  # fmt: skip
    active_from = DateField(label=gettext_lazy("First day"))
    active_until = DateField(label=gettext_lazy("Last day"))
    dwell_minutes = forms.IntegerField(
        label=gettext_lazy("Counts as a visit after (minutes)"), min_value=0, max_value=1440, initial=3
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=50, initial="Europe/Brussels",
        widget=forms.TextInput(attrs={"list": "zones"}),
    )  # fmt: skip
    shape = forms.ChoiceField(label=gettext_lazy("Shape"), choices=SHAPES)
    points = forms.CharField(
        label=gettext_lazy("Points"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "form-control font-monospace"}),
        help_text=gettext_lazy(
            "One a line: latitude, longitude. A circle has one, its middle; an empty line begins a hole in a polygon."
        ),
    )
    radius_m = forms.FloatField(label=gettext_lazy("Radius (m)"), required=False, initial=100)
    width_m = forms.FloatField(label=gettext_lazy("Width (m)"), required=False, initial=40)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_points(self) -> list[list[tuple[float, float]]]:
        """Groups of (longitude, latitude)."""
        groups: list[list[tuple[float, float]]] = [[]]
        for number, line in enumerate(self.cleaned_data["points"].splitlines(), 1):
            if not line.strip():
                groups.append([])
                continue
            try:
                lat, lon = map(float, line.replace(";", " ").replace(",", " ").split())
            except ValueError:
                raise forms.ValidationError(
                    _("Line %(number)s is not a latitude and a longitude, such as 51.1321, 4.4471.")
                    % {"number": number}
                ) from None
            groups[-1].append((lon, lat))
        return [group for group in groups if group]

    def given(self) -> Given:
        """What the form says of a place; only after ``is_valid``."""
        data = self.cleaned_data
        names = ("name", "kind", "number", "address", "colour", "works_declaration", "active_from", "active_until")
        return Given(
            **{name: data[name] for name in names},
            timezone=data["timezone"], dwell_s=data["dwell_minutes"] * 60, shape=self._shape(),
        )  # fmt: skip

    def _shape(self) -> dict[str, Any]:
        data, kind = self.cleaned_data, self.cleaned_data["shape"]
        groups = data["points"]
        if kind == "Circle":
            return {"type": kind, "coordinates": groups[0][0] if groups else None, "radius_m": data["radius_m"]}
        if kind == "Corridor":
            return {"type": kind, "coordinates": groups[0] if groups else [], "width_m": data["width_m"]}
        return {"type": kind, "coordinates": groups}


def initial(place: Place) -> dict[str, Any]:
    """What the form shows of a place."""
    names = (
        "name", "kind", "number", "address", "colour", "works_declaration", "active_from", "active_until", "timezone",
        "version",
    )  # fmt: skip
    shape, coordinates = place.shape, place.shape["coordinates"]
    groups = {"Circle": [[coordinates]], "Corridor": [coordinates]}.get(shape["type"]) or [r[:-1] for r in coordinates]
    points = "\n\n".join("\n".join(f"{lat:.6f}, {lon:.6f}" for lon, lat in group) for group in groups)
    return {
        **{name: getattr(place, name) for name in names},
        "dwell_minutes": place.dwell_s // 60,
        "shape": shape["type"],
        "points": points,
        "radius_m": shape.get("radius_m", 100),
        "width_m": shape.get("width_m", 40),
    }


class HomeForm(TablerForm):
    """Where one lives."""

    points = forms.CharField(
        label=gettext_lazy("Latitude, longitude"), max_length=60,
        help_text=gettext_lazy("Search an address, click the map, or type it: 51.1321, 4.4471"),
    )  # fmt: skip
    radius_m = forms.FloatField(label=gettext_lazy("Radius (m)"), min_value=50, max_value=500, initial=100)

    def shape(self) -> dict[str, Any]:
        """The circle; what is no point is refused by the shape itself."""
        parts = self.cleaned_data["points"].replace(",", " ").split()
        try:
            lat, lon = map(float, parts)
        except ValueError:
            return {"type": "Circle", "coordinates": None, "radius_m": self.cleaned_data["radius_m"]}
        return {"type": "Circle", "coordinates": [lon, lat], "radius_m": self.cleaned_data["radius_m"]}


class FileForm(forms.Form):
    """A file of places, or, once it was looked at, what of it to take."""

    file = forms.FileField(label=gettext_lazy("GeoJSON or KML file"), required=False)
    content = forms.CharField(required=False, widget=forms.HiddenInput)
