"""Leaving of a whole organisation."""

from django.apps import AppConfig


class OffboardingConfig(AppConfig):
    """Registered under a label of its own, so that its migrations are numbered by themselves."""

    name = "allconnects.privacy.offboarding"
    label = "privacy_offboarding"

    def ready(self) -> None:
        """Its labels are part of the inventory, its jobs of the worker."""
        from allconnects.privacy.offboarding import jobs, labels  # noqa: F401
