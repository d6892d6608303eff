"""A request in a browser: from the question to the answer, in four languages, on a phone too."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import closed
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.e2e
CUT = """() => {
    const whole = document.querySelector("ol.steps").getBoundingClientRect();
    const words = [...document.querySelectorAll(".step-item")].map((item) => {
        const range = document.createRange();
        range.selectNodeContents(item.firstChild);
        return range.getBoundingClientRect();
    });
    return words.filter((box, n) => box.right > whole.right + 1 || (n && box.left < words[n - 1].right)).length;
}"""
"""How many names of steps run into the one before or out of the card."""
LANGUAGES = {
    "nl": ("Wij hebben je verzoek", "Antwoord op je verzoek", "Gegevensbeschermingsautoriteit", "rechter"),
    "fr": ("Nous avons reçu votre demande", "Réponse à votre demande", "Autorité de protection", "tribunal"),
    "en": ("We have received your request", "Answer to your request", "Data Protection Authority", "court"),
    "de": ("Wir haben Ihren Antrag", "Antwort auf Ihren Antrag", "Datenschutzbehörde", "Gericht"),
}


def in_language(page: Page, language: str) -> None:
    """Choose a language by the menu."""
    page.locator("header button:has(.text-uppercase)").click()
    page.locator(f"button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_request_to_answer(open_page: Callable[..., Any], language: str) -> None:
    receipt, answer, authority, court = LANGUAGES[language]
    page: Page = open_page("/privacy/requests/new/?right=information", viewport={"width": 390, "height": 844})
    in_language(page, language)
    page.fill("#id_words", "Wat staat er over mij?")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/privacy/requests/[0-9a-f-]{36}/$"))
    expect(page.locator("main details summary").first).to_contain_text(receipt)
    body = page.locator("main details .card-body").first
    expect(body).to_contain_text(authority)
    expect(body).to_contain_text(court)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the phone"
    assert page.evaluate(CUT) == 0, "names of steps run into each other"
    number = page.url.split("/")[-2]

    page.goto(page.url.replace(f"requests/{number}", f"requests/queue/{number}"))
    page.locator("summary", has=page.locator("xpath=../form//input[@value='answer']")).click()
    page.fill("#text", "Here is everything that is kept about you, and why.")
    page.fill("#done", "One thing")
    page.locator("form:has(input[value=answer]) button.btn-primary").click()
    expect(page.locator(".badge.bg-green-lt").first).to_be_visible()

    page.goto(page.url.replace("requests/queue/", "requests/"))
    expect(page.locator("main details summary").first).to_contain_text(answer)
    expect(page.locator("main details .card-body").first).to_contain_text("One thing")
    expect(page.locator(".step-item.active")).to_have_count(0)
    with page.expect_response(re.compile(r"\.pdf$")) as pdf:
        page.evaluate("fetch(document.querySelector('main details a[href$=\".pdf\"]').href)")
    assert pdf.value.headers["content-type"] == "application/pdf"
    in_language(page, "en")


def test_the_copy_of_ones_data_comes_and_opens_in_each_language(chromium: Browser, platform: Platform) -> None:
    """A driver on his phone: asks, waits, fetches, opens. What is in the file is what the law asks for."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en")
    page = context.new_page()
    page.goto(platform.url + "/accounts/login/?next=/privacy/requests/")
    page.fill("input[name=login]", platform.account.replace("owner", "driver", 1))
    say_password(page, platform)
    page.wait_for_url("**/privacy/requests/")
    for language in LANGUAGES:
        page.goto(platform.url + "/privacy/requests/new/?right=access")
        in_language(page, language)
        page.locator("main form button.btn-primary").click()
        page.wait_for_url(re.compile(r"/privacy/requests/[0-9a-f-]{36}/$"))
        case = page.url
        expect(page.locator("main details summary").first).to_contain_text(LANGUAGES[language][0])
        fetch = page.locator(".alert-success a.btn-primary")
        while not fetch.count():  # the whole test has its own limit of time
            page.wait_for_timeout(500)
            page.goto(case)
        fetch.click()
        page.wait_for_load_state()
        if page.locator("input[name=password]").count():
            say_password(page, platform)
            page.wait_for_url("**/package/")
        with page.expect_download(timeout=120_000) as got:
            page.locator("main form button.btn-primary").click()
        with zipfile.ZipFile(got.value.path()) as file:
            opened(file)
        page.goto(case)
        expect(page.locator(".alert-success")).to_have_count(0)
    in_language(page, "en")
    closed(context)


def say_password(page: Page, platform: Platform) -> None:
    """The driver's; also asked for before the program gives his data out."""
    page.fill("input[name=password]", platform.password)
    page.press("input[name=password]", "Enter")


def opened(file: zipfile.ZipFile) -> None:
    """What a copy holds: for programs, for spreadsheets, for maps, and for people."""
    names, told = file.namelist(), json.loads(file.read("data.json"))
    assert told["recipients"], "to whom it goes"
    assert told["retention"], "and how long it stays"
    assert told["tables"]["fleet_person"]
    assert file.read("tables/fleet_person.csv").count(b"\n") >= 2
    assert file.read("overview.pdf").startswith(b"%PDF-")
    tracks = [name for name in names if name.endswith(".gpx")]
    assert tracks, "he drove"
    assert b"<trkpt" in file.read(tracks[0])


def test_fields_of_a_correction_show_with_it(open_page: Callable[..., Any]) -> None:
    page: Page = open_page("/privacy/requests/new/")
    expect(page.locator("#correction")).to_be_hidden()
    page.locator("label[for]", has=page.locator("input[value=rectification]")).click()
    expect(page.locator("#correction")).to_be_visible()


def test_a_stranger_is_told_when_there_is_no_mail(open_page: Callable[..., Any]) -> None:
    page: Page = open_page("/privacy/requests/ask/", stranger=True, viewport={"width": 390, "height": 844})
    page.fill("#id_name", "Rita Example")
    page.fill("#id_email", "rita@example.org")
    page.locator("main button.btn-primary").click()
    expect(page.locator(".alert-danger")).to_be_visible()
    assert page.locator("#id_name").input_value() == "Rita Example"
