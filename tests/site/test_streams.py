"""A stream holds no database connection, whoever listens for however long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from allconnects.site.middleware import ReleaseConnection


@pytest.mark.parametrize("streams", [True, False])
def test_the_connection_goes_back_when_a_stream_begins(streams: bool, database: None) -> None:
    def view(request: HttpRequest) -> HttpResponseBase:
        connection.cursor().execute("SELECT 1")
        return StreamingHttpResponse(iter([b"x"])) if streams else HttpResponse(b"x")

    ReleaseConnection(view)(RequestFactory().get("/"))
    assert (connection.connection is None) == streams


def test_it_stands_outside_of_the_session(settings_middleware: list[str]) -> None:
    ours = settings_middleware.index("allconnects.site.middleware.ReleaseConnection")
    assert ours < settings_middleware.index("django.contrib.sessions.middleware.SessionMiddleware")


@pytest.fixture
def settings_middleware() -> list[str]:
    from django.conf import settings

    return list(settings.MIDDLEWARE)


def test_a_stream_of_the_map_leaves_none_behind(client_of: Callable[..., HttpResponse]) -> None:
    response = client_of("viewer").get("/map/stream")  # type: ignore[attr-defined]
    assert response.streaming
    assert connection.connection is None
    response.close()
