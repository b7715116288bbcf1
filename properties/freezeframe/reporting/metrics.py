"""Metrics of pauses for Prometheus, and the page from which they are scraped.

Owns the names, labels and buckets, which dashboards depend on. It must not know where numbers come
from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from freezeframe.fleet import FreezeframeError

BUCKETS: Final = (0.5, 1, 2, 5, 10, 15, 20, 25, 30, 45, 60)
"""Seconds. Source: Azure's maintenance page: mostly under 10 s, rarely about 30 s."""

_OF_VM: Final = ("availability_set", "update_domain", "host")


class PauseMetrics:
    """Numbers of one watch, in a registry of their own."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.registry = CollectorRegistry()
        self.port = 0
        """Where the page is served, once it is."""
        self.pauses = Histogram(
            "freezeframe_pause_seconds",
            "Lengths of pauses for maintenance that have ended.",
            _OF_VM,
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.paused = Gauge(
            "freezeframe_paused_vms",
            "VMs that are paused for maintenance now.",
            _OF_VM,
            registry=self.registry,
        )
        self.violations = Counter(
            "freezeframe_violations",
            "Promises that were broken.",
            ("property",),
            registry=self.registry,
        )
        self.in_sight = Gauge(
            "freezeframe_host_in_sight",
            "Whether a host is in sight: 1 or 0.",
            ("host",),
            registry=self.registry,
        )
        self.sight_lost = Counter(
            "freezeframe_sight_lost",
            "How often a host was lost from sight.",
            ("host",),
            registry=self.registry,
        )

    def serve(self, address: str, port: int) -> Callable[[], None]:
        """Serve the page at `address` until what is returned is called; port 0 is any free one.

        Raises:
            FreezeframeError: The address cannot be had.

        """
        try:
            server, thread = start_http_server(port, address, self.registry)
        except OSError as error:
            raise FreezeframeError(
                f"--metrics-port: expected to serve at {address}:{port}, found: {error.strerror}"
            ) from error
        self.port = server.server_port

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop
