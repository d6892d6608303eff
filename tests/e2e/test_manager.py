"""FLEET.manager on a phone: with a thumb, with and without network; and a link for somebody without an account."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.browser import becomes
from tests.e2e.days import trips_of_some_day
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
WORKER = "() => navigator.serviceWorker.controller !== null"


def ready(page: Page) -> Page:
    page.wait_for_function("() => window.allconnectsManager && window.allconnectsMap")
    page.wait_for_selector(".live-device")
    return page


def serious(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [n["html"][:120] for n in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_works_with_a_thumb_at_360_pixels(open_page: Open, scheme: str) -> None:
    page = ready(open_page("/manager/", color_scheme=scheme, **PHONE))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("alarms", "trips", "inbox", "more", "map"):
        page.locator(f"[data-tab={name}]").tap()
        expect(page.locator(f"#tab-{name}")).to_be_visible()
        assert serious(page) == [], name
    small = page.evaluate(
        "() => [...document.querySelectorAll('.manager-tabs button')].filter((b) => b.clientHeight < 48).length"
    )
    assert small == 0
    page.locator(".live-device").first.tap()
    expect(page.locator("#panel-details")).to_be_visible()


def test_without_network_it_shows_what_was_known_and_says_so(open_page: Open) -> None:
    page = ready(open_page("/manager/", watched=False, **PHONE))
    page.wait_for_function(WORKER)
    page.reload()  # what is asked from now on passes through the worker and is kept
    ready(page)
    page.wait_for_function(
        """async () => {
          const name = (await caches.keys()).find((k) => k.startsWith('manager-state'));
          return name && (await (await caches.open(name)).keys()).length >= 3;
        }"""
    )
    page.context.set_offline(True)
    page.reload()
    ready(page)
    expect(page.locator("#stale")).to_contain_text("No network")
    page.wait_for_function("() => document.querySelectorAll('.live-device').length > 3")
    page.context.set_offline(False)


def test_what_is_pressed_without_network_is_sent_later(open_page: Open) -> None:
    page = ready(open_page("/manager/", watched=False, **PHONE))
    sent: list[Any] = []
    page.route("**/api/v1/alerts/acknowledge", lambda route: (sent.append(route.request.post_data_json), route.abort()))
    page.evaluate(
        "() => window.allconnectsManager.queue.add({ key: 'alert-1', label: 'Take it on: Tow', "
        "url: '/api/v1/alerts/acknowledge', body: { ids: [999999999] } })"
    )
    expect(page.locator("#queue-count")).to_have_text("1")
    assert becomes(page, lambda: sent)
    page.reload()
    ready(page)
    page.locator("[data-tab=more]").tap()
    expect(page.locator("#queue")).to_contain_text("Take it on: Tow")
    page.unroute("**/api/v1/alerts/acknowledge")
    page.evaluate("() => window.allconnectsManager.queue.soon(0)")
    # There is no such alarm: the refusal stays until its person has seen it.
    expect(page.locator("#queue")).to_contain_text("Refused")
    page.get_by_role("button", name="Discard").tap()
    expect(page.locator("#queue li")).to_have_count(0)
    assert sent[0] == {"ids": [999999999]}


def test_another_account_finds_nothing_of_the_one_before(open_page: Open) -> None:
    page = ready(open_page("/manager/", watched=False, **PHONE))
    page.wait_for_function(WORKER)
    page.reload()
    ready(page)
    names = page.evaluate(
        """async () => {
          await (await caches.open('manager-state-somebody-else')).put('/x', new Response('theirs'));
          const { Queue } = await import('/static/manager/queue.js');
          const other = new Queue('somebody-else', () => {});
          await other.open();
          await other.add({ key: 'k', label: 'theirs', url: '/nowhere', body: {} });
          const own = new Queue('me', () => {});
          await own.open();
          const worker = await navigator.serviceWorker.getRegistration('/manager/');
          await worker.unregister();
          await navigator.serviceWorker.register('/manager/worker.js?k=me', { scope: '/manager/' });
          const kept = async () => (await caches.keys()).filter((name) => name.startsWith('manager-state'));
          for (let tries = 0; tries < 500 && (await kept()).some((name) => name !== 'manager-state-me'); tries++)
            await new Promise((done) => setTimeout(done, 100));
          return { caches: await kept(), own: own.actions.length };
        }"""
    )
    assert names["own"] == 0
    assert names["caches"] in ([], ["manager-state-me"])


def test_the_nearest_are_listed_with_their_distance(open_page: Open) -> None:
    page = ready(
        open_page("/manager/", geolocation={"latitude": 50.85, "longitude": 4.35}, permissions=["geolocation"], **PHONE)
    )
    page.locator("[data-tab=more]").tap()
    page.locator("[data-tab=nearest]").tap()
    expect(page.locator("#nearest-hint")).to_contain_text("straight line")
    expect(page.locator(".live-near").nth(2)).to_be_visible()
    texts = page.locator(".live-near b").all_inner_texts()
    far = [float(re.sub(r"[^\d.]", "", one.replace(",", "."))) for one in texts]
    assert len(far) >= 3
    assert far == sorted(far)
    page.locator(".live-near").first.tap()
    expect(page.locator("#panel-details")).to_be_visible()


def test_a_place_on_the_map_is_asked_with_the_right_button(open_page: Open) -> None:
    page = open_page("/map/")
    page.wait_for_selector(".live-device")
    page.wait_for_function("() => window.allconnectsMap?.map.loaded()")
    page.mouse.click(900, 600, button="right")
    expect(page.locator("#panel-nearest")).to_be_visible()
    expect(page.locator(".live-near").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel-list")).to_be_visible()


def test_a_shared_link_shows_its_devices_to_a_stranger_until_it_is_ended(open_page: Open) -> None:
    page = open_page("/shares/")
    page.get_by_label("Title").fill("Concrete, site north")
    page.locator("#id_devices option").nth(0).click()
    page.get_by_role("button", name="Make the link").click()
    path = "/s/" + page.locator("#address").inner_text().split("/s/")[1]
    stranger = open_page(path, stranger=True, watched=False, **PHONE)
    stranger.wait_for_function("() => window.allconnectsShare?.fleet.devices.size === 1")
    expect(stranger.locator("#shared li")).to_have_count(1)
    assert serious(stranger) == []
    page.goto(page.url)
    page.get_by_role("button", name="End", exact=True).first.click()
    expect(stranger.locator("#notice")).to_have_text("This link has ended.")


def test_a_view_is_kept_and_comes_back(open_page: Open) -> None:
    page = open_page("/map/")
    page.wait_for_selector(".live-device")
    page.wait_for_function("() => window.allconnectsMap?.map.loaded()")
    page.locator(".live-chip[data-kind=phone]").click()
    page.on("dialog", lambda dialog: dialog.accept("Phones only"))
    page.locator("#view-keep").click()
    expect(page.locator("#views option:checked")).to_have_text("Phones only")
    page.reload()
    page.wait_for_selector(".live-device")
    expect(page.locator(".live-chip[data-kind=phone]")).to_have_attribute("aria-pressed", "false")
    page.locator("#views").select_option(label="Phones only")
    expect(page.locator(".live-chip[data-kind=phone]")).to_have_attribute("aria-pressed", "true")
    page.locator("#view-forget").click()
    expect(page.locator("#views option")).to_have_count(1)
    assert serious(page) == []


def overlaps(page: Page, bar: str) -> list[Any]:
    """Neighbours in a bar whose words run into each other, or out of the window."""
    found: list[Any] = page.evaluate(
        """(bar) => {
          const boxes = [...document.querySelectorAll(bar)].filter((b) => b.offsetParent !== null);
          const at = boxes.map((b) => b.getBoundingClientRect());
          const words = boxes.map((b) => b.textContent.trim());
          const bad = (i) => at[i].left < -1 || at[i].right > innerWidth + 1
            || boxes[i].scrollWidth > boxes[i].clientWidth + 1 || (i && at[i].left < at[i - 1].right - 1);
          return words.filter((_, i) => bad(i));
        }""",
        bar,
    )
    return found


def hold(page: Page, ms: int) -> None:
    """What is pressed can be taken back for so long."""
    page.evaluate("(ms) => { window.allconnectsManager.queue.heldMs = ms; }", ms)


def test_a_managers_day_at_390_pixels(open_page: Open) -> None:
    """Looks at the trips of the day, says what one was for, takes it back, says it again; every bar fits."""
    page = ready(open_page("/manager/", viewport={"width": 390, "height": 844}, has_touch=True))
    assert overlaps(page, ".manager-tabs button") == []
    assert page.locator(".manager-tabs button").count() == 5
    trip = page.locator("#trips li", has=page.locator("summary")).first
    assert becomes(page, lambda: trips_of_some_day(page), 5 * PATIENCE_S), (
        "a demo that has just begun works its past out"
    )
    hold(page, 600_000)  # nothing is sent while it is looked at, however long that takes
    trip.locator("summary").tap()
    trip.get_by_role("button", name="Commute").tap()
    expect(page.locator("#undo")).to_contain_text("Commute")
    expect(page.locator("#queue-count")).to_have_text("1")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("#queue-count")).to_be_hidden()
    hold(page, 100)
    sent: list[Any] = []
    page.on("request", lambda one: sent.append(one.headers) if one.url.endswith("/manager/act") else None)
    trip = page.locator("#trips li", has=page.locator("summary")).first
    trip.locator("summary").tap()
    with page.expect_response("**/manager/act") as answer:
        trip.get_by_role("button", name="Private").tap()
    assert answer.value.status == 201
    assert len(sent) == 1, "what was taken back was never sent"
    assert sent[0]["idempotency-key"]
    expect(page.locator("#queue-count")).to_be_hidden()
    page.locator("[data-tab=more]").tap()
    expect(page.locator("[data-tab=nearest]")).to_be_visible()
    address = page.url.split("/manager/")[0] + "/register/maintenance/"
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 740})
        page.goto(address)
        assert overlaps(page, ".navbar-sections > .nav-link, .navbar-sections > .navbar-more") == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".navbar-more button").tap()
    expect(page.locator(".navbar-more .dropdown-menu")).to_contain_text("Messages")


def contested(driver: Page, nth: int) -> str:
    """A driver says that a day is wrong; his words."""
    words = f"I stayed longer {secrets.token_hex(3)}"
    driver.goto(re.sub(r"(https?://[^/]+)/.*", r"\1/my/hours/", driver.url))
    driver.locator("#day").select_option(index=nth)
    driver.get_by_label("What is wrong, and why").fill(words)
    driver.get_by_role("button", name="Say that this is wrong").click()
    expect(driver.locator("#contests")).to_contain_text(words)
    return words


def test_contested_hours_are_answered_in_two_taps_and_the_driver_reads_it(
    open_page: Open, begin: Callable[..., Page]
) -> None:
    """Without network too: it is sent once there is some; whoever comes second is told so."""
    driver = begin("driver", {"viewport": {"width": 390, "height": 844}})
    driver.wait_for_url(lambda url: "/accounts/login/" not in url)
    first, second = contested(driver, 1), contested(driver, 0)
    page = ready(open_page("/manager/", viewport={"width": 390, "height": 844}, has_touch=True, watched=False))
    page.locator("[data-tab=inbox]").tap()
    row = page.locator("#inbox li", has_text=first)
    stays = row.get_by_role("button", name="It stays as it is")
    stays.tap()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    hold(page, 600_000)
    row.get_by_role("button", name="The badge and the tracker say the same.").tap()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").tap()
    expect(row).to_have_count(1)
    hold(page, 100)
    page.context.set_offline(True)
    stays.tap()
    row.get_by_role("button", name="The badge and the tracker say the same.").tap()
    expect(row).to_have_count(0)
    expect(page.locator("#queue-count")).to_have_text("1")
    with page.expect_response("**/manager/act") as answer:
        page.context.set_offline(False)
    assert answer.value.status == 201, answer.value.text()
    assert answer.value.request.post_data_json["ready"] == "badge"
    expect(page.locator("#queue-count")).to_be_hidden()
    driver.reload()
    expect(driver.locator("#contests li", has_text=first)).to_contain_text("The badge and the tracker say the same.")
    _answered_meanwhile(page, second)


def test_until_when_somebody_was_at_a_site_is_said_on_the_phone(open_page: Open) -> None:
    options = {
        "viewport": {"width": 360, "height": 740}, "has_touch": True, "timezone_id": "Europe/Brussels",
        "service_workers": "block",
    }  # fmt: skip
    page = ready(open_page("/manager/", watched=False, **options))
    question = {
        "id": 1, "kind": "open_stay", "title": "Nobody knows", "vehicle": "Van 1", "person": "Ann Example", "last4": "",
        "since": "2026-10-09T05:00:30Z", "until": "2026-10-12T04:30:00Z", "asked": "2026-10-12T06:00:00Z",
        "site": "Quay",
    }  # fmt: skip
    known = {"questions": [question], "devices": [], "contests": [], "requests": []}
    page.route("**/manager/waiting.json", lambda route: route.fulfill(json=known))
    page.route("**/manager/act", lambda route: route.fulfill(status=201, json={"question": 1}))
    page.locator("[data-tab=inbox]").tap()
    page.evaluate("() => window.allconnectsManager.inbox.load()")
    row = page.locator("#inbox li", has_text="Ann Example came in Van 1")
    expect(row).to_contain_text("Quay")
    hold(page, 100)
    end = row.get_by_label("It ended at")
    end.fill("2026-10-09T06:59")
    assert end.evaluate("field => field.validity.rangeUnderflow"), "before he came"
    end.fill("2026-10-09T15:30")
    with page.expect_request("**/manager/act") as sent:
        row.get_by_role("button", name="It ended then").tap()
    said = {"act": "question", "question": 1, "choice": "left", "end": "2026-10-09T13:30:00.000Z"}
    assert sent.value.post_data_json == said


def _answered_meanwhile(page: Page, words: str) -> None:
    """Somebody else was quicker."""
    row = page.locator("#inbox li", has_text=words)
    row.get_by_role("button", name="It stays as it is").tap()
    page.route("**/manager/waiting.json", lambda route: route.abort())  # the phone does not hear of it
    known = page.evaluate("() => window.allconnectsManager.inbox.known.contests")
    (one,) = [each for each in known if each["reason"] == words]
    other = page.evaluate(
        """async (body) => (await fetch('/manager/act', { method: 'POST', body: JSON.stringify(body), headers: {
          'Content-Type': 'application/json', 'X-CSRFToken': document.querySelector('[name=csrfmiddlewaretoken]').value,
        } })).status""",
        {"act": "contest", "contest": one["id"], "person": one["person"], "accept": False, "reason": "As agreed."},
    )
    assert other == 201
    row.get_by_label("In your own words").fill("We looked at it together.")
    row.get_by_role("button", name="Send").tap()
    expect(page.locator("#undo")).to_contain_text("Refused: Somebody else answered this first.")
    page.unroute("**/manager/waiting.json")
    page.get_by_role("button", name="Seen").tap()
    expect(page.locator("#queue-count")).to_be_hidden()


def test_who_drove_is_found_by_typing_and_offered_again_without_network(open_page: Open) -> None:
    page = ready(open_page("/manager/", viewport={"width": 390, "height": 844}, has_touch=True, watched=False))
    trip = page.locator("#trips li", has=page.locator("summary")).first
    assert becomes(page, lambda: trips_of_some_day(page), 5 * PATIENCE_S), (
        "a demo that has just begun works its past out"
    )
    hold(page, 600_000)
    trip.locator("summary").tap()
    trip.get_by_role("combobox", name="Who drove?").fill("éxemple marie")
    trip.get_by_role("option", name="Marie Exemple").tap()
    expect(page.locator("#undo")).to_contain_text("Marie Exemple")
    expect(page.locator("#trips li", has_text="Waits for the network").first).to_contain_text("Marie Exemple")
    page.get_by_role("button", name="Undo").tap()
    page.context.set_offline(True)
    trip.locator("summary").tap()
    trip.get_by_role("combobox", name="Who drove?").fill("marié")
    expect(trip.get_by_role("option", name="Marie Exemple")).to_be_visible()
    expect(trip.locator(".pick-said")).to_have_text("No network: this was used last.")
    assert serious(page) == []
    page.context.set_offline(False)
