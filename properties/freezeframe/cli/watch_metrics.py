"""Which numbers a watch gives to Prometheus.

It must not know names or buckets of metrics, nor how anything is judged.
"""

from __future__ import annotations

from freezeframe.checking.watching import Happening, Watch
from freezeframe.observation import SightChanged
from freezeframe.properties import PROMISES
from freezeframe.reporting.metrics import PauseMetrics

_Labels = tuple[str, str, str]


class WatchMetrics:
    """Counts happenings of one watch."""

    def __init__(self, watch: Watch, metrics: PauseMetrics) -> None:
        """Count into `metrics`; every host is in sight at first, and no promise is broken: a count
        that first appears as 1 is no rise to Prometheus.
        """
        self._watch, self._metrics = watch, metrics
        self._paused: dict[str, _Labels] = {}
        for host in watch.hosts:
            metrics.in_sight.labels(host).set(1)
            metrics.sight_lost.labels(host)
        for promise in PROMISES:
            metrics.violations.labels(promise.name)

    def count(self, happening: Happening) -> None:
        """Take a happening into account."""
        for broken in happening.violations:
            self._metrics.violations.labels(broken.property.name).inc()
        record = happening.record
        if record is None or record.host is None:
            return
        if isinstance(record.fact, SightChanged):
            self._metrics.in_sight.labels(record.host).set(record.fact.is_in_sight)
            if not record.fact.is_in_sight:
                self._metrics.sight_lost.labels(record.host).inc()
        if record.vm is not None:
            self._count_pause(record.vm, happening.pause_seconds)

    def _count_pause(self, vm: str, pause_seconds: float | None) -> None:
        is_paused = self._watch.judge.ledger.vm(vm).is_paused_for_maintenance
        if is_paused and vm not in self._paused:
            labels = self._paused[vm] = self._labels(vm)
            self._metrics.paused.labels(*labels).inc()
        elif not is_paused and vm in self._paused:
            self._metrics.paused.labels(*self._paused.pop(vm)).dec()
        if pause_seconds is not None:
            self._metrics.pauses.labels(*self._labels(vm)).observe(pause_seconds)

    def _labels(self, name: str) -> _Labels:
        vm = next(each for each in self._watch.fleet.vms if each.name == name)
        host = self._watch.judge.ledger.vm(name).host or vm.host
        domain = "" if vm.update_domain is None else str(vm.update_domain)
        return vm.availability_set or "", domain, host
