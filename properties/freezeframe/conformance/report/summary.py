"""The results of a run as lines for a terminal.

Owns the layout, for terminals of 80 columns. It must not know pytest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from .results import CapabilityResult, Outcome, SuiteResult

_WIDTH = 80
_NAME = 20


def summary_lines(suite: SuiteResult) -> Iterator[str]:
    """What was claimed, what was shown of it and what it cost, a line each."""
    time = "virtual" if suite.is_virtual else "real"
    yield f"{suite.uri} ({suite.name}): {suite.verdict}, {len(suite.vms)} VMs, {time} time"
    yield f"judged by {suite.judged_by}"
    yield ""
    yield f"{'capability':{_NAME}} claimed  shown  failed  expected  skipped"
    for result in suite.capabilities:
        yield from _capability(result)
    if suite.costs:
        yield ""
        yield f"{'cost, ms':{_NAME}} {'n':>7}{'min':>10}{'median':>10}{'p95':>10}{'max':>10}"
    for cost in suite.costs:
        spread = (cost.min_ms, cost.median_ms, cost.p95_ms, cost.max_ms)
        yield f"{cost.operation:{_NAME}} {cost.n:>7}" + "".join(f"{each:>10.1f}" for each in spread)


def _capability(result: CapabilityResult) -> Iterator[str]:
    is_claimed = "yes" if result.support.is_offered else "no"
    skipped = sum(result.skipped.values())
    yield (
        f"{result.capability:{_NAME}} {is_claimed:>7}{result.count(Outcome.SHOWN):>7}"
        f"{result.count(Outcome.FAILED):>8}{result.count(Outcome.EXPECTED):>10}{skipped:>9}"
    )
    for why, count in sorted(result.skipped.items()):
        yield from _indented(f"{count} skipped: {why}")


def _indented(text: str) -> Sequence[str]:
    return wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")
