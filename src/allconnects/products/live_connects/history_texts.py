"""The words that the scripts of a day need, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """Texts by key; ``{name}`` marks what the script fills in."""
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "failed": _("The track could not be loaded. Reload the page to try again."),
        "nowebgl": _("This browser cannot draw the map (WebGL 2 is missing). The list still works."),
        "notrack": _("No positions on this day."),
        "unknown": _("No data"),
        "speed": _("Speed"),
        "altitude": _("Altitude"),
        "kmh": _("{speed} km/h"),
        "m": _("{metres} m"),
        "trip": _("Trip {from} – {to}, {km} km"),
        "stop": _("Stop {from} – {to}"),
        "silence": _("Nothing heard {from} – {to}"),
        "idle": _("Standing with the trip going on {from} – {to}"),
        "chart": _("Speed over the day, highest {speed} km/h"),
        "map": _("Map"),
        "zoomin": _("Zoom in"),
        "zoomout": _("Zoom out"),
        "attribution": _("Sources of the map"),
        "splitat": _("Divided at {time}"),
        "splitmove": _(
            "Move the replay to where the trip should be divided: at the moment it is at {time}, outside of this trip."
        ),
    }
