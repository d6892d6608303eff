"""Pages of the register: each opens, long lists answer in few questions, changes are made and refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from allconnects.kit import clock

Make = Callable[..., Any]
BUDGET = 16
"""Questions that a list may ask the database, sign-in and tenancy included, whatever its length."""


@pytest.fixture
def own(organisation: Any) -> Callable[[], Any]:
    from allconnects.accounts.tenancy import speaking_for

    return lambda: speaking_for(organisation.pk)


@pytest.fixture
def manager(client_of: Any) -> Any:
    return client_of("manager")


@pytest.fixture
def large(organisation: Any, owner_connection: Any) -> None:
    """5,000 vehicles with trackers and drivers, 2,000 people, 3,000 materials."""
    run = lambda text: owner_connection.execute(text, {"o": organisation.pk})  # noqa: E731
    common = "now(), now(), 1"
    run(
        "INSERT INTO fleet_person (id, organisation_id, first_name, last_name, number, joint_committee, languages, "
        "groups, created_at, changed_at, version) "
        "SELECT gen_random_uuid(), %(o)s, 'Ann', 'Example-' || n, n::text, '', "
        f"'{{}}', '{{}}', {common} FROM generate_series(1, 2000) n"
    )
    run(
        "INSERT INTO fleet_vehicle (organisation_id, name, plate, vin, vehicle_class, fuel, brand, model, groups, "
        "state, note, created_at, changed_at, version) "
        "SELECT %(o)s, 'Van ' || n, '1-ABC-' || n, '', 'van', 'diesel', '', '', "
        f"ARRAY['g' || n %% 20], 'active', '', {common} FROM generate_series(1, 5000) n"
    )
    run(
        "INSERT INTO telemetry_device (organisation_id, name, kind, identifier, protocol, secret_hash, created_at) "
        "SELECT %(o)s, 'T' || id, 'vehicle', 'reg-' || id, '', '', now() FROM fleet_vehicle "
        "WHERE organisation_id = %(o)s"
    )
    run(
        "INSERT INTO fleet_installation (organisation_id, device_id, vehicle_id, main, during) "
        "SELECT %(o)s, d.id, v.id, true, '[2026-01-01,)' FROM fleet_vehicle v JOIN telemetry_device d "
        "ON d.identifier = 'reg-' || v.id WHERE v.organisation_id = %(o)s"
    )
    run(
        "INSERT INTO fleet_occupancy (organisation_id, vehicle_id, person_id, role, during, source, rank) "
        "SELECT %(o)s, v.id, p.id, 'driver', '[2026-01-01,)', 'badge', 2 FROM "
        "(SELECT id, row_number() OVER () AS n FROM fleet_vehicle WHERE organisation_id = %(o)s) v JOIN "
        "(SELECT id, row_number() OVER () AS n FROM fleet_person WHERE organisation_id = %(o)s) p USING (n)"
    )
    run(
        "INSERT INTO fleet_material (organisation_id, name, category, serial, token, brand, model, groups, note, "
        "created_at, changed_at, version) "
        "SELECT %(o)s, 'Drill ' || n, 'tool', 's' || n, md5(%(o)s || '-' || n), '', '', "
        f"'{{}}', '', {common} FROM generate_series(1, 3000) n"
    )
    owner_connection.execute("ANALYZE fleet_vehicle, fleet_person, fleet_material, fleet_installation, fleet_occupancy")


PATHS = ("vehicles", "materials", "people")


def questions(client: Any, url: str) -> tuple[int, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        response = client.get(url)
    assert response.status_code == 200, url
    return len(asked), response


def test_long_lists_ask_as_little_as_short_ones(manager: Any, large: None) -> None:
    for path in PATHS:
        for query in ("", "?q=99", "?sort=-name&page=30", "?group=g7"):
            count, response = questions(manager, f"/register/{path}/{query}")
            assert count <= BUDGET, (path, query, count)
            assert response.context["found"].rows or query == "?group=g7"


def test_search_order_and_pages(manager: Any, large: None) -> None:
    found = manager.get("/register/vehicles/?q=van+4999").context["found"]
    assert [row.name for row in found.rows] == ["Van 4999"]
    found = manager.get("/register/vehicles/?group=g7&sort=-plate&page=999").context["found"]
    assert (found.total, found.page, found.pages) == (250, 5, 5)
    plates = [row.plate for row in found.rows]
    assert plates == sorted(plates, reverse=True)
    found = manager.get("/register/people/?q=ann+example-1999").context["found"]
    assert [row.last_name for row in found.rows] == ["Example-1999"]


@pytest.mark.parametrize("path", ["vehicles", "materials", "people", "teams", "employers"])
def test_a_row_is_entered_changed_archived_and_brought_back(manager: Any, own: Any, path: str) -> None:
    data = {"first_name": "Ann", "last_name": "Example"} if path == "people" else {"name": "North"}
    data |= {"vehicle_class": "van", "category": "tool"}
    assert manager.get(f"/register/{path}/").status_code == 200, "empty"
    answer = manager.post(f"/register/{path}/add/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    url = answer["Location"]
    assert manager.get(url).status_code == 200
    renamed = {**data, "name": "South", "last_name": "Sample", "version": "1"}
    assert manager.post(f"{url}edit/", renamed)["Location"] == url
    page = manager.get(url).content.decode()
    assert "South" in page or "Sample" in page
    assert "North" in page or "Example" in page, "the history tells what it was"
    overtaken = manager.post(f"{url}edit/", {**renamed, "name": "West", "last_name": "West"})
    assert "Somebody else has changed this" in overtaken.content.decode()
    manager.post(f"{url}archive/")
    assert manager.get(f"/register/{path}/").context["found"].total == 0
    assert manager.get(f"/register/{path}/?archived=1").context["found"].total == 1
    manager.post(f"{url}restore/")
    assert manager.get(f"/register/{path}/").context["found"].total == 1


def test_what_is_taken_or_wrong_is_said_beside_its_field(manager: Any) -> None:
    good = {"name": "One", "plate": "1-abc 234", "vehicle_class": "van"}
    assert manager.post("/register/vehicles/add/", good).status_code == 302
    twin = manager.post("/register/vehicles/add/", {**good, "plate": "1.ABC.234"})
    assert "Another vehicle has this number plate" in str(twin.context["form"].errors["plate"])
    bad = {**good, "plate": "", "vin": "IOQ45678901234567", "year": "1800", "odometer_km": "-1"}
    errors = manager.post("/register/vehicles/add/", bad).context["form"].errors
    assert set(errors) == {"vin", "year", "odometer_km"}
    errors = manager.post("/register/employers/add/", {"name": "X", "number": "0123456789"}).context["form"].errors
    assert set(errors) == {"number"}
    assert manager.post("/register/employers/add/", {"name": "X", "number": "BE 0417.497.106"}).status_code == 302


def test_many_rows_are_changed_at_once_or_none(manager: Any, make: Make, own: Any) -> None:
    from allconnects.fleet.models import Vehicle

    with own():
        keys = [str(make("vehicle", groups=["old"]).pk) for _ in range(3)]
    manager.post("/register/vehicles/bulk/", {"row": keys, "field": "groups+", "value": "north"})
    manager.post("/register/vehicles/bulk/", {"row": keys, "field": "fuel", "value_fuel": "electric"})
    with own():
        assert {(tuple(v.groups), v.fuel) for v in Vehicle.objects.all()} == {(("old", "north"), "electric")}
    assert manager.post("/register/vehicles/bulk/", {"row": [*keys, "0"], "field": "archive"}).status_code == 404
    with own():
        assert Vehicle.objects.filter(archived_at=None).count() == 3
    manager.post("/register/vehicles/bulk/", {"row": keys, "field": "archive"})
    with own():
        assert Vehicle.objects.filter(archived_at=None).count() == 0


def test_devices_documents_badges_and_teams_on_their_pages(manager: Any, make: Make, own: Any) -> None:
    from allconnects.fleet.models import Badge, Document, Installation, TeamMember

    with own():
        vehicle, device, person, team = make("vehicle"), make("device"), make("person"), make("team")
    manager.post(f"/register/vehicles/{vehicle.pk}/install/", {"device": device.pk, "since": "2026-03-01T08:00"})
    until = (clock.now() + timedelta(days=10)).date().isoformat()
    manager.post(f"/register/vehicles/{vehicle.pk}/documents/", {"kind": "inspection", "valid_until": until})
    manager.post(f"/register/people/{person.pk}/badges/", {"kind": "rfid", "number": "AA:BB:CC:DD"})
    manager.post(f"/register/teams/{team.pk}/join/", {"person": str(person.pk), "leads": "on"})
    with own():
        installed, document = Installation.objects.get(), Document.objects.get()
        badge, member = Badge.objects.get(), TeamMember.objects.get()
    assert (installed.device_id, badge.last4, member.leads) == (device.pk, "CCDD", True)
    for url in (f"vehicles/{vehicle.pk}", f"people/{person.pk}", f"teams/{team.pk}"):
        assert manager.get(f"/register/{url}/").status_code == 200
    assert vehicle.name in manager.get("/register/documents/").content.decode()
    manager.post(f"/register/installations/{installed.pk}/end/")
    manager.post(f"/register/documents/{document.pk}/drop/")
    manager.post(f"/register/badges/{badge.pk}/back/")
    manager.post(f"/register/members/{member.pk}/leave/")
    with own():
        assert Installation.objects.get().during.upper is not None
        assert Document.objects.get().archived_at is not None
        assert Badge.objects.get().revoked_at is not None
        assert TeamMember.objects.get().until is not None
    assert "CCDD" not in manager.get("/register/people/").content.decode()


def test_the_inbox_is_decided_in_the_page(manager: Any, make: Make, own: Any, who: Any) -> None:
    from allconnects.fleet.models import Occupancy
    from allconnects.fleet.services import presence

    with own():
        person, one, two = make("person"), make("vehicle"), make("vehicle")
        hour = clock.now().replace(microsecond=0) - timedelta(hours=5)
        seen = [(one, hour), (two, hour + timedelta(hours=3))]
        presence.observe(who, [presence.Sighting(v.pk, "badge", True, at, person=person.pk) for v, at in seen])
    page = manager.get("/register/inbox/")
    ((question, *_),) = page.context["questions"]
    end = (hour + timedelta(hours=2)).isoformat()
    manager.post(f"/register/inbox/{question.pk}/", {"choice": "end", "end": end})
    with own():
        stay = Occupancy.objects.get(vehicle=one)
    assert (stay.during.lower, stay.during.upper, stay.source) == (hour, hour + timedelta(hours=2), "manual")
    assert "Nothing waits" in manager.get("/register/inbox/").content.decode()


def test_a_correction_in_the_page_of_a_vehicle(client_of: Any, make: Make, own: Any) -> None:
    from allconnects.fleet.models import Claim, Occupancy

    planner = client_of("planner")
    with own():
        person, vehicle = make("person"), make("vehicle")
    url = f"/register/vehicles/{vehicle.pk}/claim/"
    data = {"person": str(person.pk), "since": "2026-03-02T08:00", "until": "2026-03-02T12:00", "role": "driver"}
    planner.post(url, {**data, "until": "2026-03-02T07:00"})
    with own():
        assert not Claim.objects.exists()
    planner.post(url, data)
    with own():
        assert Occupancy.objects.get().during.lower.isoformat() == "2026-03-02T07:00:00+00:00"
        key = Claim.objects.get().pk
    assert planner.get(f"/register/vehicles/{vehicle.pk}/").status_code == 200
    planner.post(f"/register/claims/{key}/withdraw/")
    with own():
        assert not Occupancy.objects.exists()


def test_a_driver_takes_and_leaves_a_material_by_its_label(
    client_of: Any, account_of: Any, make: Make, own: Any, manager: Any
) -> None:
    from django.test import Client

    from allconnects.fleet.models import Custody

    account = account_of("driver")
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    with own():
        material, person = make("material"), make("person", account=account)
    url = f"/m/{material.token}"
    assert "I take it" in client.get(url).content.decode()
    client.post(url, {"to": "me"})
    assert "You have it." in client.get(url).content.decode()
    client.post(url, {"to": "site", "site_name": "Depot"})
    with own():
        chain = [(c.holder, c.person_id, c.site_name, c.how) for c in Custody.objects.order_by("id")]
    assert chain == [("person", person.pk, "", "scan"), ("site", None, "Depot", "scan")]
    assert client.get("/m/unknown").status_code == 404
    assert client_of("driver").post(url, {"to": "me"}).status_code == 200, "an account without person is told why"
    page = manager.get(f"/register/materials/{material.pk}/").content.decode()
    assert "Depot" in page
    assert b"<svg" in manager.get(f"/register/materials/{material.pk}/code.svg").content
    assert manager.get(f"/register/materials/{material.pk}/label/").status_code == 200
    assert manager.get("/register/missing/").status_code == 200


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("path", ["vehicles", "materials", "people", "employers", "teams"])
def test_what_is_downloaded_changes_nothing_when_it_is_sent_back(
    manager: Any, make: Make, own: Any, path: str, form: str
) -> None:
    with own():
        employer = make("employer")
        rich: dict[str, dict[str, Any]] = {
            "vehicles": {"plate": "1-ABC-123", "groups": ["a", "b"], "odometer_m": 1500, "odometer_at": clock.now()},
            "materials": {"serial": "0012", "hours": "12.5", "hours_at": clock.now(), "purchase_value": "10.00"},
            "people": {"number": "007", "employer": employer, "languages": ["nl", "fr"], "active_from": "2026-01-02"},
        }
        kind = {"people": "person", "vehicles": "vehicle", "materials": "material", "employers": "employer"}.get(
            path, "team"
        )
        make(kind, **rich.get(path, {}))
    sent = io.BytesIO(manager.get(f"/register/{path}/export.{form}").content)
    sent.name = f"file.{form}"
    page = manager.post(f"/register/{path}/import/", {"file": sent}, follow=True)
    counts = page.context["counts"]
    assert counts["same"] >= 1
    assert {**counts, "same": 0} == {"new": 0, "changed": 0, "same": 0, "wrong": 0}, page.context["acting"]


def test_an_import_is_previewed_and_applied_whole(manager: Any, make: Make, own: Any) -> None:
    from allconnects.fleet.models import Change, Vehicle

    with own():
        known = make("vehicle", plate="1-ABC-123", name="Old name")
    text = "Name;plate;fuel;colour\nNew name;1 abc 123;-;red\nSecond;1-XYZ-999;diesel;blue\n"
    sent = io.BytesIO(text.encode("cp1252"))
    sent.name = "fleet.csv"
    page = manager.post("/register/vehicles/import/", {"file": sent}, follow=True)
    assert page.context["counts"] == {"new": 1, "changed": 1, "same": 0, "wrong": 0}
    assert page.context["unknown"] == ["colour"]
    with own():
        assert Vehicle.objects.count() == 1
    manager.post(page.request["PATH_INFO"])
    with own():
        assert sorted(v.name for v in Vehicle.objects.all()) == ["New name", "Second"]
        assert Change.objects.filter(row=str(known.pk), field="name").values_list("old", "new")[0] == (
            "Old name", "New name",
        )  # fmt: skip


def test_a_file_with_errors_changes_nothing(manager: Any, own: Any) -> None:
    from allconnects.fleet.models import Vehicle

    text = "name,plate,year\nA,1-AAA-111,1700\nB,1-BBB-222,2020\nB,1 BBB 222,2021\nC,,x\n"
    sent = io.BytesIO(text.encode())
    sent.name = "fleet.csv"
    page = manager.post("/register/vehicles/import/", {"file": sent}, follow=True)
    assert page.context["counts"]["wrong"] >= 3
    assert {number for number, _title, _errors in page.context["wrong"]} == {2, 4, 5}
    manager.post(page.request["PATH_INFO"])
    with own():
        assert not Vehicle.objects.exists()


@pytest.mark.parametrize(
    "data", [b"", b"\0\1\2", b"PK\x03\x04nonsense", b"name;name\n1;2", b"name\n", b"\xff\xfe\x00name"]
)
def test_what_is_no_table_is_refused_in_words(manager: Any, data: bytes) -> None:
    sent = io.BytesIO(data)
    sent.name = "fleet.csv"
    page = manager.post("/register/vehicles/import/", {"file": sent}, follow=True)
    assert page.status_code == 200
    assert "alert-danger" in page.content.decode() or page.context["counts"]["new"] == 0


def test_a_formula_is_a_text_in_a_file(manager: Any, make: Make, own: Any) -> None:
    with own():
        make("vehicle", name='=HYPERLINK("x")')
    assert "'=HYPERLINK" in manager.get("/register/vehicles/export.csv").content.decode()


def test_people_are_nothing_for_viewers(client_of: Any, make: Make, own: Any) -> None:
    with own():
        person, vehicle = make("person"), make("vehicle")
    viewer = client_of("viewer")
    assert viewer.get("/register/people/").status_code == 403
    assert viewer.get(f"/register/people/{person.pk}/").status_code == 403
    assert viewer.get(f"/register/vehicles/{vehicle.pk}/").status_code == 200
    assert viewer.get("/register/people/export.csv").status_code == 403


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(manager: Any) -> None:
    import zipfile

    sent = io.BytesIO()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"\0" * 110_000_000)
    sent.seek(0)
    sent.name = "fleet.xlsx"
    page = manager.post("/register/vehicles/import/", {"file": sent}, follow=True)
    assert "larger than 5 MB" in page.content.decode()
