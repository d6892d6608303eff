"""The part of the privacy room that erases, withholds and exports."""

from django.apps import AppConfig


class ErasureConfig(AppConfig):
    """Registered under the label ``erasure``."""

    name = "allconnects.privacy.erasure"
    label = "erasure"

    def ready(self) -> None:
        """Its plain SQL tables join the inventory."""
        from allconnects.privacy.erasure import files, labels  # noqa: F401
