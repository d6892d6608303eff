"""Every address of the site."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from allconnects.accounts.access import no_transaction
from allconnects.site import health
from allconnects.site.api import api
from allconnects.site.pages import home
from allconnects.site.styleguide import styleguide

handler400 = "allconnects.site.pages.bad_request"
handler403 = "allconnects.site.pages.forbidden"
handler404 = "allconnects.site.pages.not_found"
handler429 = "allconnects.site.pages.too_many"
handler500 = "allconnects.site.pages.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", no_transaction(home), name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("styleguide/", styleguide, name="styleguide"),
    path("accounts/", include("allauth.urls")),
    path("", include("allconnects.products.live_connects.history_urls")),
    path("", include("allconnects.accounts.urls")),
    path("", include("allconnects.privacy.consents.urls")),
    path("", include("allconnects.privacy.registry.urls")),
    path("", include("allconnects.telemetry.keeping.urls")),
    path("", include("allconnects.privacy.requests.urls")),
    path("", include("allconnects.privacy.disclosures.urls")),
    path("", include("allconnects.billing.urls")),
    path("api/v1/", api.urls),
    path("", include("allconnects.products.live_connects.urls")),
    path("", include("allconnects.products.live_connects.alerts_urls")),
    path("", include("allconnects.products.live_connects.picking.urls")),
    path("", include("allconnects.products.live_connects.leaving_urls")),
    path("", include("allconnects.products.live_connects.investigations_urls")),
    path("", include("allconnects.privacy.support.urls")),
    path("", include("allconnects.privacy.breaches.urls")),
    path("", include("allconnects.privacy.offboarding.urls")),
    path("", include("allconnects.products.live_connects.places_urls")),
    path("", include("allconnects.products.live_connects.reports_urls")),
    path("", include("allconnects.products.live_connects.register.urls")),
    path("", include("allconnects.products.fleet_tracker.urls")),
    path("", include("allconnects.products.fleet_manager.urls")),
    path("", include("allconnects.products.fleet_driver.urls")),
    path("", include("allconnects.integrations.basemap.urls")),
    path("", include("allconnects.integrations.forwarding.urls")),
    path("", include("allconnects.integrations.traccar_api.urls")),
    path("", include("allconnects.integrations.scim.urls")),
]
