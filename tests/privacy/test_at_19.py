"""AT-19: while a manure transport is open the button is refused with the reason; private time begins at unload end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from allconnects.fleet.models import LocationException, PrivateTime
from allconnects.fleet.private import button, exceptions
from allconnects.kit import clock
from tests.privacy.driving import Driving, moment
from tests.telemetry.store.hot import HOUR, NOON, at

MINUTE = 60_000


def test_at_19_an_open_transport_refuses_the_button_and_is_recorded_to_its_end(drive: Callable[..., Driving]) -> None:
    driven = drive(moment(NOON - 5 * HOUR))
    organisation, person = driven.organisation.pk, driven.person.pk
    with clock.at(moment(NOON)), driven.speaking():
        exceptions.open_duty(organisation, driven.device.id, moment(NOON - MINUTE))
        assert exceptions.open_duty(organisation, driven.device.id, moment(NOON)).start == moment(NOON - MINUTE)
        with pytest.raises(button.OnDuty, match="until it is unloaded"):
            button.press(organisation, person)
        assert not PrivateTime.objects.exists()
        assert button.when_free(organisation, person)
    driven.refresh()
    unloaded = NOON + 9 * HOUR  # long after working hours have ended
    driven.yard.send(driven.device, *(at(NOON + i * HOUR) for i in range(9)), received=unloaded)
    assert len(driven.yard.times(driven.device)) == 9, "all of the transport is there"
    with clock.at(moment(unloaded)), driven.speaking():
        assert exceptions.close_duty(organisation, driven.device.id, moment(unloaded))
        assert not exceptions.close_duty(organisation, driven.device.id, moment(unloaded))
        assert [one.start for one in button.open_times(person)] == [moment(unloaded)]
        (read,) = exceptions.of_person(person)
        assert (read.kind, read.start, read.end) == ("duty", moment(NOON - MINUTE), moment(unloaded))
    assert not driven.records(moment(unloaded))


def test_at_19_the_page_says_why(drive: Callable[..., Driving]) -> None:
    now = clock.now()
    driven = drive(now)
    phone = Client(SERVER_NAME="localhost")
    phone.force_login(driven.account)
    with driven.speaking():
        exceptions.open_duty(driven.organisation.pk, driven.device.id, now)
    assert "The law has it recorded" in phone.get("/driver/").content.decode()
    refused = phone.post("/driver/private/", {"action": "begin"}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (409, "on_duty")
    assert "begins by itself" in phone.post("/driver/private/", {"action": "wait"}, follow=True).content.decode()
    with driven.speaking():
        assert LocationException.objects.get(device=driven.device.id).wants_private
