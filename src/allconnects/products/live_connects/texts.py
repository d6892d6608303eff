"""The words that the scripts of the map need, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, dict[str, str] | str]:
    """Texts by key; ``{name}`` marks what the script fills in."""
    return {
        "states": {"moving": _("Moving"), "standing": _("Standing"), "silent": _("Silent")},
        "kinds": {"vehicle": _("Vehicle"), "phone": _("Phone"), "material": _("Material")},
        "never": _("No report yet"),
        "more": _("{count} more: search to find them"),
        "none": _("Nothing matches."),
        "results": _("{count} of {total} shown"),
        "lost": _("Connection lost, trying again…"),
        "allgroups": _("All groups and teams"),
        "views": _("Kept views"),
        "viewname": _("Name of the view"),
        "nearestwait": _("Looking where you are…"),
        "nearestpress": _("Press and hold a place on the map, or click it with the right button."),
        "nearestline": _(
            "Kilometres are a straight line from the latest report of each. Minutes are an estimate from that line: "
            "roads and traffic are not known."
        ),
        "about": _("about {minutes} min"),
        "abouthours": _("about {hours} h {minutes}"),
        "nothing": _("Nothing found. Try a town or a postal code, or click the map."),
        "traffic": _("Lines of {count} in view."),
        "trafficmore": _("Lines of {count}; {more} more are left out: move closer or choose a group."),
        "trafficwait": _("Looking up the lines of {count}…"),
        "trafficnone": _("Nothing is in view. Move the map or choose a group."),
        "trafficstood": _("Did not move"),
        "trafficnotrips": _("Trips are being worked out"),
        "withheld": _("Not open to look at now"),
        "thisday": _("The day of {name}"),
        "shareended": _("This link has ended."),
        "signedout": _("You are signed out."),
        "signin": _("Sign in"),
        "basemap": _("The background map cannot be had at the moment."),
        "nowebgl": _("This browser cannot draw the map (WebGL 2 is missing). The list still works."),
        "noposition": _("This device has not sent a position yet."),
        "failed": _("This could not be loaded. Try again."),
        "today": _("Today"),
        "notrack": _("No movement today"),
        "track": _("{from} – {to} · {km} km"),
        "yes": _("On"),
        "no": _("Off"),
        "map": _("Map"),
        "zoomin": _("Zoom in"),
        "zoomout": _("Zoom out"),
        "attribution": _("Sources of the map"),
        "kmh": _("{speed} km/h"),
        "names": _names(),
    }


def _names() -> dict[str, str]:
    """Attributes that people look for, in the order in which the panel shows them."""
    return {
        "ignition": _("Ignition"),
        "motion": _("Motion"),
        "batteryLevel": _("Battery"),
        "battery": _("Battery voltage"),
        "power": _("Supply voltage"),
        "charge": _("Charging"),
        "odometer": _("Odometer"),
        "fuelLevel": _("Fuel level"),
        "fuel": _("Fuel"),
        "engineTemp": _("Engine temperature"),
        "coolantTemp": _("Coolant temperature"),
        "rpm": _("Engine speed"),
        "rssi": _("Signal"),
        "sat": _("Satellites"),
        "accuracy": _("Accuracy"),
        "alarm": _("Alarm"),
    }
