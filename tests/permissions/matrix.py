"""Who may call which address. An address that is not listed here fails the test: listing it is the decision.

``ANYONE`` needs no sign-in, ``ACCOUNT`` any sign-in, a role a membership with at least that role. Operations of
the API name their scope; the role that a signed-in member needs for the same stands in ``accounts.access.SCOPES``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ANYONE, ACCOUNT = "anyone", "account"
NO_CASE = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Page:
    """An address outside the API: who may call it, how, and with which values in its path.

    A value that begins with ``$`` is the id of a thing of the first organisation that the test makes; asked for
    by an owner of another organisation, it must answer 404. ``new`` is an identifier that nobody has yet.
    """

    who: str
    method: str = "get"
    path: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """An operation of the API: the scope it needs (None: anyone), its path values and body, and what it is asked."""

    scope: str | None
    path: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    query: str = ""


PAGES: dict[str, Page | list[Page]] = {
    "home": Page(ANYONE),
    "healthz": Page(ANYONE),
    "readyz": Page(ANYONE),
    "metrics": Page(ANYONE),
    "invitation": Page(ANYONE, path={"secret": "$invitation_secret"}),
    "set_language": Page(ANYONE, "post", data={"language": "nl"}),
    "preferences": Page(ANYONE, "post", data={"theme": "dark"}),
    "settings": Page(ACCOUNT),
    "registry:overview": Page("owner"),
    "registry:publish": [Page("owner"), Page("owner", "post", data={"effective_on": "2099-01-01"})],
    "registry:preview": Page("owner", path={"name": "notice", "language": "nl"}),
    "registry:deliveries": Page("owner", path={"number": "$notice"}),
    "registry:seen": Page("driver", "post", path={"number": "$notice"}),
    "registry:entry": Page("owner", path={"kind": "purpose", "key": "fleet.dispatch"}),
    "registry:put_back": Page("owner", "post", path={"kind": "recipient", "key": "mail"}),
    "registry:versions": Page(ANYONE, path={"token": "$notices"}),
    "registry:notice": Page(ANYONE, path={"token": "$notices", "number": "$notice"}),
    "consents:mine": Page(ACCOUNT),
    "consents:change": Page(ACCOUNT, "post"),
    "consents:subscribe": Page(ANYONE),
    "consents:cookies": [Page(ANYONE), Page(ANYONE, "post", data={"choice": "refuse"})],
    "consents:confirm": Page(ANYONE, path={"token": "unknown"}),
    "consents:out": Page(ANYONE, path={"token": "unknown"}),
    # Signing in, by allauth.
    "account_login": Page(ANYONE),
    "account_logout": Page(ANYONE),
    "account_inactive": Page(ANYONE),
    "account_signup": Page(ANYONE),
    "account_reauthenticate": Page(ACCOUNT),
    "account_request_reauthentication_code": Page(ACCOUNT),
    "account_confirm_reauthentication_code": Page(ACCOUNT),
    "account_email": Page(ACCOUNT),
    "account_email_verification_sent": Page(ANYONE),
    "account_confirm_email": Page(ANYONE, path={"key": "unknown"}),
    "account_change_password": Page(ACCOUNT),
    "account_set_password": Page(ACCOUNT),
    "account_reset_password": Page(ANYONE),
    "account_reset_password_done": Page(ANYONE),
    "account_reset_password_from_key": Page(ANYONE, path={"uidb36": "1", "key": "unknown"}),
    "account_reset_password_from_key_done": Page(ANYONE),
    "account_confirm_login_code": Page(ANYONE),
    "mfa_authenticate": Page(ANYONE),
    "mfa_login_webauthn": Page(ANYONE),
    "mfa_index": Page(ACCOUNT),
    "mfa_reauthenticate": Page(ACCOUNT),
    "mfa_activate_totp": Page(ACCOUNT),
    "mfa_deactivate_totp": Page(ACCOUNT),
    "mfa_view_recovery_codes": Page(ACCOUNT),
    "mfa_generate_recovery_codes": Page(ACCOUNT),
    "mfa_download_recovery_codes": Page(ACCOUNT),
    "mfa_list_webauthn": Page(ACCOUNT),
    "mfa_add_webauthn": Page(ACCOUNT),
    "mfa_reauthenticate_webauthn": Page(ACCOUNT),
    "mfa_remove_webauthn": Page(ACCOUNT, path={"pk": 0}),
    "mfa_edit_webauthn": Page(ACCOUNT, path={"pk": 0}),
    # The organisation.
    "organisation:members": Page("driver"),
    "organisation:choose": Page("driver", "post", data={"organisation": "$organisation"}),
    "organisation:invite": Page("manager", "post", data={"email": "new@example.org", "role": "viewer"}),
    "organisation:withdraw": Page("manager", "post", {"invitation": "$invitation"}),
    "organisation:role": Page("manager", "post", {"membership": "$membership"}, {"role": "driver"}),
    "organisation:remove": Page("manager", "post", {"membership": "$membership"}),
    "organisation:tokens": [
        Page("manager"),
        Page("manager", "post", data={"name": "t", "scopes": ["devices:read"]}),
    ],
    "organisation:revoke": Page("manager", "post", {"token": "$token"}),
    "breaches:list": Page("owner"),
    "breaches:add": [Page("owner"), Page("owner", "post", data={"title": "t"})],
    "breaches:one": [
        Page("owner", path={"number": "$breach"}),
        Page("owner", "post", {"number": "$breach"}, {"act": "close"}),
    ],
    "offboarding:leave": [Page("owner"), Page("owner", "post", data={"act": "ask", "name": "x"})],
    "offboarding:fetch": Page("owner"),
    "support:ask": Page(ACCOUNT),
    "support:grants": Page("manager"),
    "support:decide": Page("manager", "post", {"grant": "$support"}, {"act": "end"}),
    "leaving:past": Page("manager"),
    "leaving:person": [Page("manager", path={"person": "$person"}), Page("manager", "post", {"person": "$person"})],
    "leaving:account": [
        Page("manager", path={"membership": "$membership"}),
        Page("manager", "post", {"membership": "$membership"}),
    ],
    "keeping:keeping": [Page("manager"), Page("owner", "post", data={"days": "60", "confirm": "yes"})],
    "styleguide": Page("viewer"),
    "live:map": Page("viewer"),
    "live:stream": Page("viewer"),
    "live:dashboard": [Page("viewer"), Page("viewer", data={"team": "$team"})],
    "live:start": [Page("manager"), Page("manager", "post", data={"away": "1"})],
    "live:traffic": Page("viewer", data={"device": "$device"}),
    # The register.
    "picking:find": [
        Page(who, "post", {"kind": kind}, {"q": "n"})
        for kind, who in (
            ("vehicle", "driver"),
            ("material", "viewer"),
            ("person", "planner"),
            ("team", "planner"),
            ("employer", "planner"),
            ("device", "viewer"),
            ("free-device", "manager"),
            ("carrier", "manager"),
            ("shared", "planner"),
            ("place", "planner"),
            ("account", "manager"),
        )
    ],
    "register:start": Page("viewer"),
    "register:list": [
        Page("viewer", path={"path": "vehicles"}),
        Page("viewer", path={"path": "materials"}),
        Page("planner", path={"path": "people"}),
        Page("planner", path={"path": "teams"}),
        Page("planner", path={"path": "employers"}),
    ],
    "register:export_csv": [Page("viewer", path={"path": "vehicles"}), Page("planner", path={"path": "people"})],
    "register:export_xlsx": [Page("viewer", path={"path": "materials"}), Page("planner", path={"path": "people"})],
    "register:add": [
        Page("manager", path={"path": "vehicles"}),
        Page("manager", "post", {"path": "people"}, {"first_name": "Ann", "last_name": "Example"}),
    ],
    "register:bulk": Page("manager", "post", {"path": "vehicles"}, {"row": "$vehicle", "field": "archive"}),
    "register:upload": [Page("manager", path={"path": "vehicles"}), Page("manager", "post", {"path": "vehicles"})],
    "register:preview": Page("manager", path={"path": "vehicles", "upload": 0}),
    "register:working": Page("manager", path={"path": "vehicles", "upload": 0}),
    "register:detail": [
        Page("viewer", path={"path": "vehicles", "key": "$vehicle"}),
        Page("viewer", path={"path": "materials", "key": "$material"}),
        Page("planner", path={"path": "people", "key": "$person"}),
        Page("planner", path={"path": "teams", "key": "$team"}),
    ],
    "register:edit": [
        Page("manager", path={"path": "vehicles", "key": "$vehicle"}),
        Page("manager", "post", {"path": "teams", "key": "$team"}, {"name": "n"}),
    ],
    "register:archive": Page("manager", "post", {"path": "vehicles", "key": "$vehicle"}),
    "register:restore": Page("manager", "post", {"path": "vehicles", "key": "$vehicle"}),
    "register:install": [
        Page("manager", "post", {"path": "vehicles", "key": "$vehicle"}, {"device": "$device"}),
        Page("manager", "post", {"path": "people", "key": "$person"}, {"device": "$device"}),
    ],
    "register:uninstall": Page("manager", "post", {"installation": "$installation"}),
    "register:add_document": Page("manager", "post", {"path": "vehicles", "key": "$vehicle"}, {"kind": "lease"}),
    "register:drop_document": Page("manager", "post", {"document": "$document"}),
    "register:give_badge": Page("manager", "post", {"key": "$person"}, {"kind": "rfid", "number": "AABBCCDD"}),
    "register:number": Page("manager", "post", {"key": "$person"}, {"act": "forget"}),
    "register:take_badge": Page("manager", "post", {"badge": "$badge"}),
    "register:claim": Page("planner", "post", {"key": "$vehicle"}, {"person": "$person", "since": "2026-03-02T08:00"}),
    "register:withdraw": Page("planner", "post", {"claim": "$claim"}),
    "register:join": Page("manager", "post", {"key": "$team"}, {"person": "$person"}),
    "register:leave": Page("manager", "post", {"member": "$member"}),
    "register:hand_over": Page("planner", "post", {"key": "$material"}, {"person": "$person"}),
    "register:add_tag": Page("manager", "post", {"key": "$material"}, {"identifier": "new"}),
    "register:remove_tag": Page("manager", "post", {"tag": "$tag"}),
    "register:label": Page("viewer", path={"key": "$material"}),
    "register:code": Page("viewer", path={"key": "$material"}),
    "register:scanned": [
        Page("driver", path={"token": "$material_token"}),
        Page("driver", "post", {"token": "$material_token"}, {"to": "site", "site_name": "Depot"}),
    ],
    "register:documents": Page("viewer"),
    "register:missing": Page("viewer"),
    "register:hours_file": Page("viewer"),
    "register:inbox": Page("planner"),
    "register:maintenance": Page("viewer"),
    "register:add_plan": [Page("manager"), Page("manager", "post", data={"name": "n"})],
    "register:plan": [
        Page("manager", path={"number": "$plan"}),
        Page("manager", "post", {"number": "$plan"}, {"name": "n"}),
    ],
    "register:plan_away": Page("manager", "post", {"number": "$plan"}),
    "register:enter_done": Page("planner", "post", {"kind": "vehicle", "key": "$vehicle"}, {"plan": "$plan"}),
    "register:withdraw_done": Page("planner", "post", {"done": "$done"}),
    "register:meter": Page("manager", "post", {"key": "$material"}, {"source": "auto"}),
    "register:check": [
        Page("driver", path={"kind": "vehicle", "key": "$vehicle"}),
        Page("driver", "post", {"kind": "vehicle", "key": "$vehicle"}, {"plan": "$plan"}),
    ],
    "register:check_code": Page("viewer", path={"kind": "material", "key": "$material"}),
    "register:ask_again": Page("planner", "post", {"question": "$stay"}),
    "register:decide": Page("planner", "post", {"question": "$question"}, {"choice": "ignore"}),
    # History.
    "history:month": Page("viewer"),
    "history:month_file": [Page("viewer", path={"form": "csv"}), Page("viewer", path={"form": "xlsx"})],
    "history:day": Page("viewer", path={"device": "$device"}),
    "history:data": Page("viewer", path={"device": "$device"}),
    "history:calendar": Page("viewer", path={"device": "$device"}),
    "history:trips_file": Page("viewer", path={"device": "$device", "form": "csv"}),
    "history:merge": Page("planner", "post", {"device": "$device"}, {"reason": "r"}),
    "history:split": Page("planner", "post", {"device": "$device"}, {"reason": "r"}),
    "history:correct": Page("planner", "post", {"device": "$device"}, {"reason": "r"}),
    "history:undo": Page("planner", "post", {"device": "$device"}, {"reason": "r"}),
    "history:vehicle": Page("viewer", path={"vehicle": "$vehicle"}),
    "history:vehicle_calendar": Page("viewer", path={"vehicle": "$vehicle"}),
    "history:vehicle_file": Page("viewer", path={"vehicle": "$vehicle", "form": "csv"}),
    "history:together": [Page("viewer"), Page("viewer", data={"device": "$device"})],
    "history:together_data": Page("viewer", data={"device": "$device"}),
    "history:teams": Page("planner"),
    "history:team": [
        Page("planner", path={"team": "$team"}),
        Page("planner", path={"team": "$team"}, data={"by": "vehicle"}),
    ],
    "history:imports": [Page("manager"), Page("manager", "post")],
    "history:import": Page("manager", path={"number": "$import"}),
    "history:import_status": Page("manager", path={"number": "$import"}),
    "history:import_start": Page("manager", "post", {"number": "$import"}),
    "history:import_cancel": Page("manager", "post", {"number": "$import"}),
    # Devices.
    "devices:list": Page("viewer"),
    "devices:add": [Page("manager"), Page("manager", "post", data={"identifier": "new", "name": "n"})],
    "devices:accept": Page("manager", "post", data={"protocol": "gt06", "identifier": "0", "name": "n"}),
    "devices:dismiss": Page("manager", "post", data={"protocol": "gt06", "identifier": "0"}),
    "devices:detail": [
        Page("viewer", path={"device": "$device"}),
        Page("manager", "post", {"device": "$device"}, {"name": "n", "kind": "vehicle"}),
    ],
    "devices:commands": [
        Page("manager", path={"device": "$device"}),
        Page("manager", "post", {"device": "$device"}, {"text": "getinfo", "minutes": 60, "confirmation": "$imei"}),
    ],
    "devices:withdraw": Page("manager", "post", {"device": "$device", "command": "$command"}),
    "devices:delete": [
        Page("manager", path={"device": "$device"}),
        Page("manager", "post", {"device": "$device"}),
    ],
    # Alerts.
    "alerts:inbox": Page("viewer"),
    "alerts:act": Page("planner", "post", data={"action": "acknowledge", "ids": ["$alert"]}),
    "alerts:detail": Page("viewer", path={"alert": "$alert"}),
    "alerts:rules": Page("planner"),
    "alerts:add": [Page("manager"), Page("manager", "post", data={"name": "n", "kind": "tow", "when": "any"})],
    "alerts:take": Page("manager", "post", data={"key": "tow"}),
    "alerts:edit": [
        Page("manager", path={"rule": "$rule"}),
        Page("manager", "post", {"rule": "$rule"}, {"name": "n"}),
    ],
    "alerts:switch": Page("manager", "post", {"rule": "$rule"}, {"state": "on"}),
    "alerts:delete": [Page("manager", path={"rule": "$rule"}), Page("manager", "post", {"rule": "$rule"})],
    "alerts:try": Page("manager", path={"rule": "$rule"}),
    "alerts:webhooks": [
        Page("manager"),
        Page("manager", "post", data={"name": "n", "url": "https://example.org/"}),
    ],
    "alerts:webhook": Page("manager", "post", {"webhook": "$webhook"}, {"action": "off"}),
    "alerts:deliveries": [Page("manager"), Page("manager", "post", data={"delivery": "$delivery"})],
    "alerts:subscribe": Page("viewer", "post"),
    "alerts:unsubscribe": Page("viewer", "post"),
    "alerts:push_worker": Page("viewer"),
    # Places.
    "places:list": Page("viewer"),
    "places:shapes": Page("viewer"),
    "places:add": [Page("planner"), Page("planner", "post", data={"name": "n"})],
    "places:import": [Page("planner"), Page("planner", "post")],
    "places:home": [Page("driver"), Page("driver", "post", data={"forget": "1"})],
    "places:detail": Page("viewer", path={"place": "$place"}),
    "places:change": [Page("planner", path={"place": "$place"}), Page("planner", "post", {"place": "$place"})],
    "places:delete": [Page("planner", path={"place": "$place"}), Page("planner", "post", {"place": "$place"})],
    "live:inbox": Page("driver"),
    "live:unread": Page("driver"),
    "live:thread": [
        Page("planner", path={"driver": "$driver"}),
        Page("planner", "post", {"driver": "$driver"}, {"text": "t", "client_id": "12345678"}),
    ],
    "live:views": Page("viewer"),
    "live:view": Page("viewer", "post", path={"view": 0}),
    "manager:app": Page("viewer"),
    "manager:manifest": Page("viewer"),
    "manager:worker": Page("viewer"),
    "manager:day": Page("viewer"),
    "manager:waiting": Page("planner"),
    "manager:act": Page("planner", "post"),
    # The driver's page, and what a person may know.
    "driver:app": Page("driver"),
    "driver:private": Page("driver", "post", data={"action": "end"}),
    "driver:settings": Page("driver", "post", data={"precision": "exact", "days": "30"}),
    "driver:manifest": Page("driver"),
    "driver:worker": Page("driver"),
    "driver:office": [Page("planner"), Page("manager", "post", data={"precision": "exact"})],
    "driver:switch": Page("manager", "post", data={"device": "none", "input": "in1"}),
    "driver:declare": Page("planner", "post", data={"vehicle": "0", "reason": "gone"}),
    "driver:decide": Page("planner", "post", {"exception": 0}, {"act": "confirm"}),
    "driver:planning": [
        Page("manager", path={"person": "$person"}),
        Page("manager", "post", {"person": "$person"}, {"what": "forget"}),
    ],
    "driver:privacy": Page(ANYONE),
    "driver:looked": Page("driver"),
    "driver:notice": Page(ANYONE, path={"product": "fleet_driver"}),
    "live:shares": [Page("planner"), Page("planner", "post", data={"title": "t", "hours": 8, "precision": "exact"})],
    "live:share_revoke": Page("planner", "post", path={"share": "$share"}),
    "live:share": Page(ANYONE, path={"secret": "unknown"}),
    "live:share_style": Page(ANYONE, path={"secret": "unknown"}),
    "live:share_tile": Page(ANYONE, path={"secret": "unknown", "z": 0, "x": 0, "y": 0}),
    "live:share_stream": Page(ANYONE, path={"secret": "unknown"}),
    # Reports.
    "reports:list": Page("planner"),
    "reports:run": [
        Page("planner", path={"key": "trips"}),
        Page("planner", path={"key": "use"}, data={"purpose": "dispatch"}),
    ],
    "reports:file": Page("planner", path={"key": "trips", "form": "csv"}, data={"purpose": "dispatch"}),
    "reports:log": Page("manager"),
    "reports:head": [Page("manager"), Page("manager", "post", data={"classify_days": 7})],
    "reports:logo": Page("manager"),
    "reports:hours": [
        Page("manager"),
        Page("manager", "post", data={"margin": "60", "from-0-0": "06:00", "to-0-0": "19:00"}),
    ],
    "reports:team_hours": Page("manager", path={"team": "$report_team"}),
    "reports:scheduled": Page("manager"),
    "reports:new_schedule": Page("manager", data={"report": "trips", "purpose": "dispatch"}),
    "reports:schedule": Page("manager", path={"schedule": "$report_schedule"}),
    "reports:act": Page("manager", "post", {"schedule": "$report_schedule"}, {"act": "pause"}),
    "reports:delivery": Page("planner", path={"delivery": 0}),
    "reports:unsubscribe": Page(ANYONE, path={"token": "unknown"}),
    "reports:payroll": Page("manager"),
    "reports:payroll_person": Page("manager", path={"person": "$report_person"}),
    "reports:logbook": Page("manager"),
    "reports:logbook_vehicle": Page("manager", path={"vehicle": "$report_vehicle"}),
    "reports:logbook_file": Page("manager", path={"vehicle": 0, "form": "pdf"}),
    "reports:mine": Page("driver"),
    "reports:my_hours": [Page("driver"), Page("driver", "post", data={"reason": "more hours"})],
    # Billing: the owner's; off in tests of the matrix, which asks who may, not what comes.
    "billing:overview": Page("owner"),
    "billing:details": Page("owner", "post"),
    "billing:plan": Page("owner", "post", data={"action": "cancel"}),
    "billing:licence": Page("owner", "post", data={"code": "x"}),
    "billing:file": Page("owner", path={"number": "F2026-00001", "form": "pdf"}),
    "billing:pay": Page("owner", "post", {"number": "F2026-00001"}),
    "billing:told": Page(
        ANYONE, "post", {"organisation": 0, "year": 2026, "payment": "00000000-0000-0000-0000-000000000000"}
    ),
    "forwarding:list": [
        Page("manager"),
        Page("manager", "post", data={"name": "n", "kind": "http", "url": "https://example.org/"}),
    ],
    "forwarding:change": Page("manager", "post", {"target": "$target"}, {"action": "off"}),
    # Requests of data subjects.
    "requests:mine": Page("driver"),
    "requests:new": [Page("driver"), Page("driver", "post", data={"right": "access"})],
    "requests:mine_one": Page("driver", path={"case": NO_CASE}),
    "requests:mine_package": Page("driver", path={"case": NO_CASE}),
    "requests:mine_withdraw": Page("driver", "post", {"case": NO_CASE}),
    "requests:mine_letter": Page("driver", path={"case": NO_CASE, "letter": 0}),
    "requests:ask": Page(ANYONE),
    "requests:ask_of": Page(ANYONE, path={"slug": "unknown"}),
    "devices:phone": [Page(ANYONE), Page(ANYONE, "post", data={"identifier": "n", "secret": "n"})],
    "devices:phone_start": Page(ANYONE, "post"),
    "requests:confirm": Page(ANYONE, path={"token": "unknown"}),
    "requests:follow": Page(ANYONE, path={"token": "unknown"}),
    "requests:follow_letter": Page(ANYONE, path={"token": "unknown", "letter": 0}),
    "disclosures:list": Page("owner"),
    "disclosures:new": [Page("owner"), Page("owner", "post", data={"authority": "a"})],
    "disclosures:one": Page("owner", path={"disclosure": "$disclosure"}),
    "disclosures:act": Page("owner", "post", {"disclosure": "$disclosure"}, {"action": "refuse"}),
    # A look into one person or vehicle: managers ask, others decide.
    "investigations:list": Page("manager"),
    "investigations:new": [Page("manager"), Page("manager", "post", data={"ground": "curiosity"})],
    "investigations:waiting": Page("planner"),
    "investigations:one": Page("owner", path={"case": "$investigation"}),
    "investigations:act": Page("owner", "post", {"case": "$investigation"}, {"action": "refuse", "because": "n"}),
    "requests:queue": Page("owner"),
    "requests:enter": [Page("owner"), Page("owner", "post", data={"name": "n"})],
    "requests:officers": [Page("owner"), Page("owner", "post", data={"account": "0", "action": "name"})],
    "requests:case": Page("owner", path={"case": "$case"}),
    "requests:act": Page("owner", "post", {"case": "$case"}, {"action": "remark", "text": "n"}),
    "requests:letter": Page("owner", path={"case": "$case", "letter": "$case_letter"}),
    # The map below the symbols: the same for everybody who may see the map.
    "basemap:style": Page("viewer"),
    "basemap:status": Page("viewer"),
    "basemap:tile": Page("viewer", path={"z": 0, "x": 0, "y": 0}),
}

BASIC = {
    "traccar:server": "devices:read",
    "traccar:devices": "devices:read",
    "traccar:positions": "positions:read",
    "traccar:geofences": "places:read",
    "traccar:events": "alerts:read",
}
"""Addresses that know programs only, by HTTP Basic with a token as the password, and the scope each needs."""
DIRECTORY = {
    "scim:config": ("get", {}),
    "scim:types": ("get", {}),
    "scim:schemas": ("get", {}),
    "scim:users": ("get", {}),
    "scim:user": ("delete", {"key": "00000000-0000-4000-8000-000000000000"}),
    "scim:unknown": ("get", {"rest": "Groups"}),
}
"""Addresses of SCIM, which know tokens with the scope ``directory:write`` only; ids of others: tests/integrations."""
DEVICE = {"device": "$device"}
ASKED = "?purpose=dispatch&from=2026-10-01&to=2026-10-02"
PLACE = {"place": "$place"}
PLACE_BODY = {"name": "n", "shape": {"type": "Circle", "coordinates": [4.4, 51.1], "radius_m": 100}}
OPERATIONS: dict[str, Operation] = {
    "GET /openapi.json": Operation(None),
    "GET /members": Operation("members:read"),
    "GET /retention": Operation("retention:read"),
    "GET /certificates": Operation("retention:read"),
    "GET /positions/latest": Operation("positions:read"),
    "GET /live/subjects": Operation("positions:read"),
    "GET /positions/nearest": Operation("positions:read", query="?lat=51.1&lon=4.4"),
    "GET /devices": Operation("devices:read"),
    "POST /devices": Operation("devices:write", body={"identifier": "new", "name": "n"}),
    "GET /devices/{device}": Operation("devices:read", DEVICE),
    "PATCH /devices/{device}": Operation("devices:write", DEVICE, {"name": "n"}),
    "DELETE /devices/{device}": Operation("devices:write", DEVICE),
    "GET /devices/{device}/track": Operation("positions:read", DEVICE),
    "GET /devices/{device}/track.{form}": Operation("positions:read", {**DEVICE, "form": "gpx"}),
    "GET /unknown-devices": Operation("devices:waiting"),
    "POST /unknown-devices/accept": Operation(
        "devices:write", body={"protocol": "gt06", "identifier": "0", "name": "n"}
    ),
    "GET /devices/{device}/commands": Operation("commands:read", DEVICE),
    "POST /devices/{device}/commands": Operation("devices:command", DEVICE, {"text": "getinfo", "confirm": "$imei"}),
    "DELETE /devices/{device}/commands/{command}": Operation("devices:command", {**DEVICE, "command": "$command"}),
    "GET /events": Operation("events:read"),
    "GET /reports": Operation("reports:read"),
    "GET /reports/{report}/rows": Operation("reports:read", {"report": "trips"}, query=ASKED),
    "GET /reports/{report}/file.{form}": Operation("reports:read", {"report": "trips", "form": "csv"}, query=ASKED),
    "GET /report-runs": Operation("reports:audit"),
    "GET /alerts": Operation("alerts:read"),
    "GET /alerts/{alert}": Operation("alerts:read", {"alert": "$alert"}),
    "POST /alerts/acknowledge": Operation("alerts:handle", body={"ids": ["$alert"]}),
    "POST /alerts/resolve": Operation("alerts:handle", body={"ids": ["$alert"]}),
    "POST /alerts/snooze": Operation("alerts:handle", body={"ids": ["$alert"], "minutes": 60}),
    "GET /alert-rules": Operation("rules:read"),
    "POST /alert-rules": Operation("rules:write", body={"name": "n", "kind": "tow"}),
    "GET /alert-rules/{rule}": Operation("rules:read", {"rule": "$rule"}),
    "PATCH /alert-rules/{rule}": Operation("rules:write", {"rule": "$rule"}, {"name": "m"}),
    "DELETE /alert-rules/{rule}": Operation("rules:write", {"rule": "$rule"}),
    "POST /alert-rules/{rule}/try": Operation("rules:write", {"rule": "$rule"}, {"days": 1}),
    "GET /webhooks": Operation("webhooks:read"),
    "POST /webhooks": Operation("webhooks:write", body={"name": "n", "url": "https://example.org/"}),
    "PATCH /webhooks/{webhook}": Operation("webhooks:write", {"webhook": "$webhook"}, {"name": "m"}),
    "DELETE /webhooks/{webhook}": Operation("webhooks:write", {"webhook": "$webhook"}),
    "POST /webhooks/{webhook}/secret": Operation("webhooks:write", {"webhook": "$webhook"}),
    "POST /webhooks/{webhook}/test": Operation("webhooks:write", {"webhook": "$webhook"}),
    "GET /alert-deliveries": Operation("webhooks:read"),
    "GET /forwarding": Operation("forwarding:read"),
    "POST /forwarding": Operation(
        "forwarding:write", body={"name": "n", "kind": "http", "url": "https://example.org/"}
    ),
    "GET /forwarding/{target}": Operation("forwarding:read", {"target": "$target"}),
    "PATCH /forwarding/{target}": Operation("forwarding:write", {"target": "$target"}, {"enabled": False}),
    "DELETE /forwarding/{target}": Operation("forwarding:write", {"target": "$target"}),
    "POST /forwarding/{target}/test": Operation("forwarding:write", {"target": "$target"}),
    "GET /places": Operation("places:read"),
    "POST /places": Operation("places:write", body=PLACE_BODY),
    "GET /places.geojson": Operation("places:read"),
    "GET /places/{place}": Operation("places:read", PLACE),
    "PUT /places/{place}": Operation("places:write", PLACE, PLACE_BODY),
    "DELETE /places/{place}": Operation("places:write", PLACE),
    "GET /visits": Operation("visits:read"),
    "GET /addresses/search": Operation("places:read", query="?q=2550"),
    "GET /addresses/at": Operation("places:read", query="?lat=51.1&lon=4.4"),
    # The register.
    **{
        operation: made
        for path, scope, key, body in (
            ("vehicles", "register", "$vehicle", {"name": "n"}),
            ("materials", "register", "$material", {"name": "n"}),
            ("people", "people", "$person", {"first_name": "Ann", "last_name": "Example"}),
            ("employers", "register", "$employer", {"name": "new"}),
            ("teams", "register", "$team", {"name": "new"}),
        )
        for operation, made in {
            f"GET /{path}": Operation(f"{scope}:read"),
            f"POST /{path}": Operation(f"{scope}:write", body=body),
            f"GET /{path}/{{key}}": Operation(f"{scope}:read", {"key": key}),
            f"PATCH /{path}/{{key}}": Operation(f"{scope}:write", {"key": key}, body),
            f"DELETE /{path}/{{key}}": Operation(f"{scope}:write", {"key": key}),
            f"GET /{path}/{{key}}/history": Operation(f"{scope}:read", {"key": key}),
        }.items()
    },
    "GET /installations": Operation("register:read"),
    "POST /installations": Operation("register:write", body={"device": "$device", "vehicle": "$vehicle"}),
    "POST /installations/{installation}/end": Operation("register:write", {"installation": "$installation"}, {}),
    "GET /documents": Operation("people:read"),
    "POST /documents": Operation("people:write", body={"vehicle": "$vehicle", "kind": "lease"}),
    "DELETE /documents/{document}": Operation("people:write", {"document": "$document"}),
    "POST /people/{key}/badges": Operation("people:write", {"key": "$person"}, {"number": "AABBCCDD"}),
    "DELETE /badges/{badge}": Operation("people:write", {"badge": "$badge"}),
    "GET /occupancy": Operation("occupancy:read"),
    "POST /occupancy/events": Operation(
        "occupancy:write",
        body={
            "events": [{"vehicle": 0, "source": "badge", "entering": True, "at": "2026-03-02T08:00:00Z", "number": "A"}]
        },
    ),
    "POST /occupancy/claims": Operation(
        "occupancy:write", body={"vehicle": "$vehicle", "person": "$person", "since": "2026-03-02T08:00:00Z"}
    ),
    "DELETE /occupancy/claims/{claim}": Operation("occupancy:write", {"claim": "$claim"}),
    "GET /materials/{key}/where": Operation("positions:read", {"key": "$material"}),
    "POST /materials/{key}/custody": Operation("custody:write", {"key": "$material"}, {"person": "$person"}),
    "GET /messages": Operation("messages:read"),
    "GET /messages/unread": Operation("messages:read"),
    "GET /messages/{driver}": Operation("messages:read", {"driver": "$driver"}),
    "POST /messages/{driver}": Operation(
        "messages:write", {"driver": "$driver"}, {"text": "t", "client_id": "12345678"}
    ),
    "POST /messages/{driver}/read": Operation("messages:write", {"driver": "$driver"}, {}),
    "GET /maintenance/plans": Operation("maintenance:read"),
    "POST /maintenance/plans": Operation(
        "maintenance:write", body={"name": "n", "vehicle": "$vehicle", "every_km": 30_000}
    ),
    "PATCH /maintenance/plans/{plan}": Operation("maintenance:write", {"plan": "$plan"}, {"name": "m"}),
    "DELETE /maintenance/plans/{plan}": Operation("maintenance:write", {"plan": "$plan"}),
    "GET /maintenance/due": Operation("maintenance:read"),
    "GET /maintenance/done": Operation("maintenance:read", query="?vehicle=1"),
    "POST /maintenance/done": Operation("maintenance:enter", body={"plan": "$plan", "vehicle": "$vehicle"}),
    "DELETE /maintenance/done/{done}": Operation("maintenance:write", {"done": "$done"}),
    "GET /maintenance/checks": Operation("maintenance:read"),
    "GET /materials/{key}/usage": Operation("maintenance:read", {"key": "$material"}),
    "GET /trips": Operation("trips:read"),
    "GET /stops": Operation("trips:read"),
    "GET /trips.{form}": Operation("trips:read", {"form": "csv"}),
    "GET /trips/days": Operation("trips:read"),
    "GET /trips/months": Operation("trips:read"),
    "GET /trips/corrections": Operation("trips:read"),
    "GET /trips/{trip}": Operation("trips:read", {"trip": "$trip"}),
    "PATCH /trips/{trip}": Operation("trips:write", {"trip": 0}, {"purpose": "private", "reason": "why"}),
    "POST /trips/{trip}/split": Operation("trips:write", {"trip": 0}, {"at": "2026-01-01T00:00:00Z", "reason": "why"}),
    "POST /trips/merge": Operation("trips:write", body={"trips": [0, 1], "reason": "why"}),
    "POST /trips/corrections/{correction}/undo": Operation("trips:write", {"correction": 0}, {"reason": "why"}),
    "GET /trips/rules": Operation("trips:read"),
    "POST /trips/rules": Operation(
        "trips:rules", body={"scope": "device", "key": "0", "from_day": "2026-01-01", "rules": {}}
    ),
}
