from collections.abc import Callable

import pytest

pytestmark = pytest.mark.e2e


def test_shots(open_page: Callable[..., object]) -> None:
    for scheme in ("light", "dark"):
        for width in (1400, 390):
            page = open_page(
                "/register/vehicles/", color_scheme=scheme, viewport={"width": width, "height": 900}, watched=False
            )
            page.screenshot(path=f"/tmp/shot-list-{scheme}-{width}.png")  # type: ignore[attr-defined]
            link = page.locator("#register-table tbody a").first  # type: ignore[attr-defined]
            if link.count():
                link.click()
                page.wait_for_load_state()  # type: ignore[attr-defined]
                page.screenshot(path=f"/tmp/shot-detail-{scheme}-{width}.png", full_page=True)  # type: ignore[attr-defined]
