"""The web process: pages, API and live streams."""

from __future__ import annotations

import uvicorn

from allconnects.kit import config


def run() -> int:
    """Serve until SIGTERM or SIGINT. Open streams are cut after a moment: browsers connect again."""
    settings = config.current()
    uvicorn.run(
        "allconnects.site.asgi:application",
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.public_url),
        timeout_graceful_shutdown=1,
        backlog=2048,
    )
    return 0
