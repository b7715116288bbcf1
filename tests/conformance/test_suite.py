"""The suite passes on the adapters that come with the package."""

from __future__ import annotations

import pytest

from .running import Run

# Half a minute of real time, which says nothing where nothing stands still; the lab does it.
SHORT = ("-k", "not full_limit")


def test_passes_on_a_simulated_host(suite: Run) -> None:
    """Everything is there, so nothing is skipped."""
    done = suite("--adapter", "simulated:?vms=4&unmarked=1", "-rs")
    assert done.returncode == 0, done.stdout
    assert "SKIPPED" not in done.stdout


def test_passes_on_a_host_of_the_test_driver(suite: Run, host_file: str) -> None:
    """What has no guests lacks memory and clocks, with the adapter's own reason."""
    done = suite("--adapter", host_file, "-rs", *SHORT)
    assert done.returncode == 0, done.stdout
    for absent in ("read clock", "set clock", "fingerprint memory"):
        assert f"no {absent}: libvirt's test driver has no guests" in done.stdout


def test_passes_on_the_default_host_of_the_test_driver(suite: Run, host_file: str) -> None:
    """Its one VM is not marked, so it has to be named."""
    del host_file  # it skips where there is no binding
    done = suite("--adapter", "test:///default", "--vm", "test", *SHORT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "expected --adapter URI or FREEZEFRAME_ADAPTER to name a host, found neither"),
        (("--adapter", "nosuch:"), "expected a URI that begins with one of"),
        (
            ("--adapter", "simulated:?vms=1&unmarked=1"),
            "expected at least 1 running VM that is marked for freezeframe, found vm-0 running",
        ),
        (("--adapter", "simulated:", "--vm", "x"), "--vm x: expected a VM of simulated:, found vm"),
    ],
)
def test_refuses_what_cannot_be_judged(
    suite: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], text: str
) -> None:
    """One line tells what was expected and found; there is no traceback."""
    monkeypatch.delenv("FREEZEFRAME_ADAPTER", raising=False)
    done = suite(*arguments)
    assert done.returncode == 2
    assert text in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
