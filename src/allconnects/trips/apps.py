"""The room of trips and stops: found in tracks, corrected by people."""

from django.apps import AppConfig


class TripsConfig(AppConfig):
    """Registered under the label ``trips``."""

    name = "allconnects.trips"

    def ready(self) -> None:
        """Its tables join the inventory; what is received is marked to be computed; private trips are veiled."""
        from allconnects.telemetry.store.sealing import listen
        from allconnects.telemetry.store.veil import hang
        from allconnects.trips import disclosing, private
        from allconnects.trips.store import labels  # noqa: F401
        from allconnects.trips.store.pending import note

        disclosing.join()
        listen(note)
        hang(private.of_track, private.of_latest, private.spans)
