"""Addresses: offline, and from a server that may be slow, wrong or gone; and what it learns of us."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from allconnects.accounts.models import Organisation
from allconnects.accounts.tenancy import speaking_for
from allconnects.kit import config
from allconnects.kit.errors import InvalidInput
from allconnects.places import addresses, gazetteer, homes
from allconnects.places.geocoder import Geocoder, GeocoderError
from tests.places.stand_in import StandIn, running
from tests.places.test_fences import circle
from tests.waiting import PATIENCE_S, until

KONTICH = (51.1321, 4.4471)


def test_what_is_near_in_four_languages(organisation: Organisation) -> None:
    with speaking_for(organisation.pk):
        say = lambda lat, lon, language: addresses.describe(organisation.pk, lat, lon, language)  # noqa: E731
        assert say(*KONTICH, "en") == "near Kontich (2550)"
        assert "Gand (9000)" in say(51.05, 3.7167, "fr")
        assert "Lierre" in say(51.1313, 4.5704, "fr")
        assert "Lier" in say(51.1313, 4.5704, "nl")
        assert "Aix-la-Chapelle" in say(50.7753, 6.0839, "fr")
        assert say(0.0, -30.0, "en") == "", "nothing is near in the middle of the ocean"
        assert addresses.describe_many(organisation.pk, [], "en") == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("2550", "Kontich"), ("kontich", "Kontich"), ("Gand", "Gent"), ("gent", "Gent"), ("Luik", "Liège"),
        ("9000 gent", "Gent"), ("Lüttich", "Liège"), ("LIEGE", "Liège"), ("konti", "Kontich"), ("1000", "Brussels"),
    ],
)  # fmt: skip
def test_towns_are_found_by_name_and_postal_code(text: str, first: str) -> None:
    assert gazetteer.search(text)[0].name == first


def test_coordinates_are_an_address_and_nonsense_is_none() -> None:
    assert addresses.search("51.5; 4.25", "en") == [("51.50000, 4.25000", 51.5, 4.25)]
    assert addresses.search("qqqqqqqq", "en") == []
    for text in ("", "x", "a" * 300, "a\x00b"):
        with pytest.raises(InvalidInput):
            addresses.search(text, "en")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """An address server that is set, asked without waiting in between."""
    with running() as stand_in:
        made = Geocoder(stand_in.url, "nominatim", timeout_s=PATIENCE_S, every_s=0)
        monkeypatch.setattr(addresses, "geocoder", lambda: made)
        yield stand_in


def test_a_page_does_not_wait_and_the_worker_asks(organisation: Organisation, server: StandIn) -> None:
    with speaking_for(organisation.pk):
        assert addresses.describe(organisation.pk, *KONTICH, "en") == "near Kontich (2550)"
        assert server.asked == []
        assert addresses.ask_waiting(organisation.pk, 20) == 1
        assert addresses.describe(organisation.pk, *KONTICH, "en") == "Example Street, 2550 Kontich"
        assert addresses.describe(organisation.pk, KONTICH[0] + 0.0001, KONTICH[1], "en").startswith("Example")
        assert addresses.ask_waiting(organisation.pk, 20) == 0
    assert len(server.asked) == 1


def test_the_server_learns_a_cell_and_nothing_about_who_asks(organisation: Organisation, server: StandIn) -> None:
    with speaking_for(organisation.pk):
        addresses.describe(organisation.pk, 51.132149, 4.447163, "nl")
        addresses.ask_waiting(organisation.pk, 20)
    ((path, query),) = server.asked
    assert (path, query["lat"], query["lon"], query["accept-language"]) == ("/reverse", "51.1320", "4.4470", "nl")
    assert {name.lower() for name in server.headers[0]} <= {"host", "user-agent", "accept", "accept-encoding"}


def test_homes_are_asked_of_nobody(organisation: Organisation, server: StandIn, account_of: object) -> None:
    with speaking_for(organisation.pk):
        homes.set_home(organisation, account_of("driver"), circle(0, 0, 100))  # type: ignore[operator]
        assert addresses.describe(organisation.pk, 51.13, 4.45, "en") == "Home"
        assert addresses.ask_waiting(organisation.pk, 20) == 0
    assert server.asked == []


FAULTS = ["error", "html", "drip", "large", "list", "redirect"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_fails_leaves_the_towns(
    organisation: Organisation, server: StandIn, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fault = fault
    if fault == "drip":
        monkeypatch.setattr(addresses.geocoder(), "_timeout_s", 0.3)
    with speaking_for(organisation.pk):
        addresses.describe_many(organisation.pk, [KONTICH, (51.2, 4.5)], "en")
        assert addresses.ask_waiting(organisation.pk, 20) == 0
        until(lambda: server.asked)  # whoever gave up may have been quicker than the server
        assert len(server.asked) == 1, "after a failure it is left alone"
        assert addresses.describe(organisation.pk, *KONTICH, "en") == "near Kontich (2550)"
        assert addresses.search("kontich", "en")[0].text == "Kontich (2550)"


@pytest.mark.parametrize("fault", ["empty", "unknown", "gone", "odd"])
def test_a_server_that_knows_nothing_is_not_asked_again(
    organisation: Organisation, server: StandIn, fault: str
) -> None:
    server.fault = fault
    with speaking_for(organisation.pk):
        addresses.describe(organisation.pk, *KONTICH, "en")
        assert addresses.ask_waiting(organisation.pk, 20) == 1
        assert addresses.ask_waiting(organisation.pk, 20) == 0
        assert addresses.describe(organisation.pk, *KONTICH, "en") == "near Kontich (2550)"


def test_the_cache_of_one_tenant_is_not_anothers(
    organisation: Organisation, other_organisation: Organisation, server: StandIn
) -> None:
    with speaking_for(organisation.pk):
        addresses.describe(organisation.pk, *KONTICH, "en")
        addresses.ask_waiting(organisation.pk, 20)
    with speaking_for(other_organisation.pk):
        assert addresses.describe(other_organisation.pk, *KONTICH, "en") == "near Kontich (2550)"


def test_photon_is_spoken_too() -> None:
    with running() as stand_in:
        photon = Geocoder(stand_in.url, "photon", timeout_s=PATIENCE_S, every_s=0)
        assert photon.reverse(51.1, 4.4, "nl") == "Example Street, 2550 Kontich"
        (found,) = photon.search("example", "fr")
        assert (found.text, found.lat) == ("Example Street 7, 2550 Kontich", 51.1321)
        assert [path for path, _ in stand_in.asked] == ["/reverse", "/api"]
        assert [query["lang"] for _, query in stand_in.asked] == ["default", "fr"]


def test_one_question_a_second() -> None:
    with running() as stand_in:
        server = Geocoder(stand_in.url, "nominatim", timeout_s=PATIENCE_S, every_s=0.2)
        for _ in range(3):
            server.reverse(51.1, 4.4, "en")
        gaps = [b - a for a, b in itertools.pairwise(stand_in.times)]
        assert min(gaps) >= 0.19
    with pytest.raises(GeocoderError):
        server.search("gone", "en")


def test_the_setting_names_an_address() -> None:
    assert config.load({"ALLCONNECTS_GEOCODER_URL": "https://geo.example.org/n"}).geocoder_url.endswith("/n")
    with pytest.raises(config.ConfigError):
        config.load({"ALLCONNECTS_GEOCODER_URL": "ftp://geo.example.org"})
    with pytest.raises(config.ConfigError):
        config.load({"ALLCONNECTS_GEOCODER_KIND": "google"})
