"""Who and what the firm has: vehicles, materials, people with clearly fictional names, teams, papers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allconnects.demo.data.devices import SILENT
from allconnects.demo.data.members import account
from allconnects.demo.data.setting import PAST_DAYS, Demo, device, material, person, vehicle
from allconnects.demo.devices import demo_devices
from allconnects.fleet.kinds import EMPLOYER, MATERIAL, PERSON, TEAM, VEHICLE
from allconnects.fleet.models import Person, Vehicle
from allconnects.fleet.models.presence import BadgeKind
from allconnects.fleet.services import badging, installing, materials, papers
from allconnects.kit import clock
from allconnects.places.models import Place

_CLASSES = {"Van": "van", "Tipper truck": "truck", "Concrete mixer": "truck", "Crane truck": "truck",
            "Tractor unit": "tractor_unit", "Service car": "car"}  # fmt: skip
_FUELS = {"Van 06": "electric", "Van 07": "petrol", "Service car 01": "plugin_hybrid", "Service car 02": "electric",
          "Tipper truck 03": "cng"}  # fmt: skip
_CO2 = {"van": 185, "truck": 640, "tractor_unit": 710, "car": 120}

# number, first name, last name, languages, employer
_OWN, _AGENCY = "Demo Bouw & Transport", "Voorbeeld Interim"
PEOPLE = (
    ("D01", "Dries", "Voorbeeld", "nl", _OWN),
    ("D02", "Fien", "Voorbeeld", "nl, fr", _OWN),
    ("D03", "Karim", "Exemple", "fr, nl", _OWN),
    ("D04", "Lotte", "Demo", "nl, en", _OWN),
    ("D05", "Jan", "Testman", "nl", _OWN),
    ("D06", "Marie", "Exemple", "fr", _OWN),
    ("D07", "Otto", "Beispiel", "de, fr", _OWN),
    ("D08", "Sam", "Sample", "en", _OWN),
    ("D09", "Noor", "Fictief", "nl", _AGENCY),
    ("D10", "Luc", "Fictif", "fr", _AGENCY),
)
TEAMS = {"Team North": ("D01", "D02", "D05", "D09"), "Team South": ("D03", "D06", "D07", "D10"),
         "Workshop": ("D04", "D08")}  # fmt: skip
_PHONES = {"Team phone North": "D05", "Team phone South": "D06"}
BADGES = {number: f"04A1 DE30 00{number[1:]}" for number in ("D01", "D02", "D03", "D04", "D05", "D07", "D08", "D10")}
UNKNOWN_BADGE = "04A1 DE30 9999"

# name, category, Bluetooth tag
_CARRIED = (
    ("Rotary laser 03", "measuring", "C0FFEE000003"),
    ("Breaker hammer 02", "tool", "C0FFEE000002"),
    ("Vibrating plate 04", "machine", "C0FFEE000004"),
    ("Harness set 12", "safety", ""),
    ("Gas detector 01", "measuring", ""),
    ("Ladder 6 m", "other", ""),
)
TAGS = tuple(tag for _name, _category, tag in _CARRIED if tag)
_CATEGORIES = {"Trailer 11": "trailer", "Low loader 02": "trailer", "Site container 08": "container"}


def there(_demo: Demo) -> bool:
    """Whether the firm has vehicles already."""
    return Vehicle.objects.exists() or Person.objects.exists()


def make(demo: Demo) -> None:
    """All of it."""
    _people(demo)
    for number, one in enumerate((d for d in demo_devices() if d.kind == "vehicle"), 1):
        _install(demo, one.name, _vehicle(demo, one.name, number))
    _materials(demo)
    for name, carrier in _PHONES.items():
        _install(demo, name, person(carrier))
    _papers(demo)
    _custody(demo)


def _install(demo: Demo, name: str, place: Any) -> None:
    start = demo.at(-PAST_DAYS, 0)
    installing.install(demo.who, device(name).pk, place, start)


def _vehicle(demo: Demo, name: str, number: int) -> Any:
    kind = _CLASSES[name.rsplit(" ", 1)[0]]
    fuel = _FUELS.get(name, "diesel")
    return demo.enter(
        VEHICLE, name=name, plate=f"1-DEM-{number:03}", vehicle_class=kind, fuel=fuel, brand="Demo Motors",
        odometer_km=str(38_000 + 4_250 * number), model=f"Model {kind[0].upper()}", year=2018 + number % 7,
        seats=5 if kind == "car" else 3,
        co2_g_km=0 if fuel == "electric" else _CO2[kind], groups=f"{'north' if number % 2 else 'south'}, {kind}s",
    )  # fmt: skip


def _materials(demo: Demo) -> None:
    tracked = [one.name for one in demo_devices() if one.kind == "material"]
    for name in [*tracked, SILENT[0]]:
        row = demo.enter(
            MATERIAL, name=name, category=_CATEGORIES.get(name, "machine"),
            serial=f"DEMO-{name[:3].upper()}{name[-2:]}", brand="Demo Machines", groups="heavy",
            purchased_on=demo.day(-900).isoformat(), purchase_value="24000.00",
        )  # fmt: skip
        _install(demo, name, row)
    for name, category, tag in _CARRIED:
        row = demo.enter(MATERIAL, name=name, category=category, brand="Demo Tools", groups="small")
        if tag:
            materials.add_tag(demo.who, row, tag)


def _people(demo: Demo) -> None:
    employers = {
        _OWN: demo.enter(EMPLOYER, name=_OWN, joint_committee="124"),
        _AGENCY: demo.enter(EMPLOYER, name=_AGENCY, joint_committee="322"),
    }
    driver = account(demo, "driver")
    for number, first, last, languages, employer in PEOPLE:
        row = demo.enter(
            PERSON, first_name=first, last_name=last, number=number, languages=languages,
            employer=employers[employer].pk, joint_committee="124", active_from=demo.day(-400).isoformat(),
            account=driver.pk if number == "D01" else None,
        )  # fmt: skip
        if number in BADGES:
            badging.give(demo.who, row, BadgeKind.RFID, BADGES[number], demo.at(-PAST_DAYS, 0))
    for name, members in TEAMS.items():
        team = demo.enter(TEAM, name=name)
        for place, number in enumerate(members):
            papers.join(demo.who, team, person(number).pk, demo.day(-300), leads=place == 0)


def _papers(demo: Demo) -> None:
    """Some are over, some are soon."""
    # of, kind, days until the last one
    for place, kind, left in (
        (vehicle("Van 01"), "inspection", 12), (vehicle("Van 02"), "insurance", 160),
        (vehicle("Van 03"), "inspection", -3),
        (vehicle("Tipper truck 01"), "tachograph", 25), (vehicle("Tractor unit 01"), "transport_licence", 300),
        (material("Low loader 02"), "inspection", 20), (material("Excavator 14t"), "lifting", 75),
        (person("D01"), "driving_licence", 400), (person("D07"), "code_95", 18), (person("D03"), "medical", 45),
    ):  # fmt: skip
        until = demo.day(left)
        papers.add_document(demo.who, place, {
            "kind": kind, "number": f"DEMO-{kind[:4].upper()}", "valid_from": (until - timedelta(days=365)).isoformat(),
            "valid_until": until.isoformat(),
        })  # fmt: skip


def _custody(demo: Demo) -> None:
    hand, site = materials.hand_over, Place.objects.get(name="Site Voorbeeldlaan")
    holder = materials.Holder
    drill, harness = material("Breaker hammer 02").pk, material("Harness set 12").pk
    hand(demo.who, drill, holder(vehicle=vehicle("Van 01").pk), "scan", demo.at(-6, 7, 5), "Loaded for the week")
    hand(demo.who, drill, holder(person=person("D02").pk), "scan", demo.at(-4, 9, 30))
    hand(demo.who, harness, holder(person=person("D01").pk), "hand", demo.at(-5, 6, 50), "Signed for")
    hand(demo.who, material("Gas detector 01").pk, holder(site=site.pk, site_name=site.name), "scan", demo.at(-3, 8, 0))
    hand(demo.who, material("Vibrating plate 04").pk, holder(), "hand", min(demo.at(-1, 16), clock.now()), "To repair")
