"""Recipients, places of storage, cookies and products. What an operator adds stands in the database beside these."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from allconnects.privacy.registry.entries import Product, Recipient, Storage, Stored

RECIPIENTS = (
    Recipient(
        "employer",
        _("Your employer, who uses this platform"),
        "employer",
        _("what its members may see by their role"),
        "EEA",
    ),
    Recipient(
        "mail",
        _("The mail server of the operator"),
        "processor",
        _("your address and the text of messages to you"),
        "as set by the operator",
        "ALLCONNECTS_EMAIL_URL",
    ),
    Recipient(
        "tiles",
        _("A host of map tiles"),
        "independent",
        _("which parts of the world the server has on its map; never who looks, or at what"),
        "as set by the operator",
        "ALLCONNECTS_TILES_URL",
    ),
    Recipient(
        "geocoder",
        _("A host that finds addresses"),
        "independent",
        _("rounded places without a name or time"),
        "as set by the operator",
        "ALLCONNECTS_GEOCODER_URL",
    ),
    Recipient(
        "push",
        _("The push service of your browser's maker"),
        "independent",
        _("encrypted messages that it cannot read, and when they are sent"),
        "as chosen by your browser",
    ),
    Recipient(
        "authority",
        _("Authorities, where the law obliges"),
        "authority",
        _("what the law names, each time after two people approved"),
        "BE",
    ),
)

STORAGE = (
    Storage(
        "operations",
        _("Main database"),
        _("accounts, devices, register, positions of the last days, sealed tracks"),
        _("row-level security for each organisation; tracks older than a day or two are encrypted"),
    ),
    Storage(
        "vault",
        _("Vault"),
        _("the wrapped keys of sealed tracks"),
        _("a database of its own; its root key is kept outside the data folder"),
    ),
    Storage(
        "files",
        _("Data folder of the server"),
        _("secrets of the server, heads of the audit chain, map tiles"),
        _("readable by the service only"),
    ),
    Storage(
        "backup",
        _("Backups of the operator"),
        _("copies of the above"),
        _("tracks in them are unreadable without the keys; a key that was destroyed is in no newer backup"),
    ),
)

STORED = (
    Stored("sessionid", "cookie", _("keeps you signed in"), "14 days"),
    Stored("csrftoken", "cookie", _("guards forms against forged requests"), "1 year"),
    Stored("django_language", "cookie", _("the language you chose before signing in"), "1 year"),
    Stored("messages", "cookie", _("shows once what became of your last action"), "until shown"),
    Stored("storage_choice", "cookie", _("whether you accepted or refused what is not needed"), "180 days", asked=True),
    Stored("theme", "local storage", _("light or dark, as you chose"), "until you clear it", asked=True),
    Stored("live-places", "local storage", _("whether places show on the map"), "until you sign out", asked=True),
    Stored("alerts-silent", "local storage", _("whether alerts make a sound"), "until you sign out", asked=True),
    Stored(
        "manager-shell-*",
        "cache",
        _("pages of the phone app, for where there is no network"),
        "until you sign out",
        asked=True,
    ),
    Stored(
        "manager-state-*",
        "cache",
        _("the last state of the fleet that the phone app showed"),
        "until you sign out",
        asked=True,
    ),
    Stored(
        "manager-used-*",
        "local storage",
        _("what you chose last in the phone app, for where there is no network"),
        "until you sign out",
        asked=True,
    ),
    Stored(
        "driver-shell-*",
        "cache",
        _("pages of the phone app, for where there is no network"),
        "until you sign out",
        asked=True,
    ),
    Stored("driver-state", "cache", _("what the phone app last showed of your day"), "until you sign out", asked=True),
    Stored(
        "driver-pressed",
        "local storage",
        _("what you did in the phone app without a network, until it is sent"),
        "until it is sent, or you sign out",
        asked=True,
    ),
    Stored(
        "manager",
        "database",
        _("what you did in the phone app without a network, until it is sent"),
        "until it is sent, or you sign out",
        asked=True,
    ),
)

PRODUCTS = (
    Product(
        "live_connects",
        "LIVE.connects",
        _("the web platform: map, history, register, reports"),
        (
            "accounts_",
            "telemetry_",
            "fleet_",
            "trips_",
            "places_",
            "alerts_",
            "reports_",
            "live_",
            "forwarding_",
            "scim_",
            "maintenance_",
            "billing_",
            "vault_",
        ),
        True,
    ),
    Product(
        "fleet_manager",
        "FLEET.manager",
        _("the fleet on a manager's phone"),
        ("accounts_", "telemetry_", "fleet_", "trips_", "alerts_", "live_"),
        True,
    ),
    Product(
        "fleet_driver",
        "FLEET.driver",
        _("the driver's phone, with his location settings"),
        ("accounts_", "telemetry_", "fleet_", "trips_", "privacy_"),
        True,
    ),
    Product("fleet_tracker", "FLEET.tracker", _("trackers, and phones as trackers"), ("accounts_", "telemetry_"), True),
    Product("check_connects", "CHECK.connects", _("clocks, presence and checks")),
    Product("checkin_at_work", "CHECKIN@WORK", _("registration of presence at social security")),
    Product("prestamob", "PRESTAMOB", _("hours and mobility allowance")),
    Product("agr_app", "AGR APP", _("manure transport between neighbours")),
    Product("agr_gps", "AGR-GPS mestvoerders", _("manure transport by recognised hauliers")),
)
