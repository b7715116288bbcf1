"""Clients at the address that they have in a cloud, in a network namespace, without root.

In each namespace the service owns 169.254.169.254:80, and a client, a process of its own, sees one
scenario through. All of them run at the same time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from freezeframe.scheduled_events.scenarios import SCENARIOS

from .clients import STYLES

Seen = Mapping[tuple[str, str], str]

ROOT = Path(__file__).parents[2]
SPEED = "50"
SECONDS_MAX = 240

NAMESPACE = ("unshare", "-rn")
SCRIPT = """
python=$0 scenario=$1 style=$2 speed=$3
ip link set lo up
ip address add 169.254.169.254/32 dev lo
"$python" -m freezeframe.cli serve --scenario "$scenario" --speed "$speed" \
  --listen 169.254.169.254=web-0 >/dev/null & service=$!
timeout 100 "$python" -m tests.scheduled_events.clients "$style"; code=$?
kill $service
wait $service && exit $code
"""

WHOLE = ["scheduled", "approved", "started", "removed"]
LIVES = dict.fromkeys(SCENARIOS, WHOLE) | {
    "cancelled-freeze": ["scheduled", "approved", "removed"],
    "host-failure": ["started", "removed"],
}
"""What a client that polls in time sees and does."""


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What each client printed in each scenario."""
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            pytest.skip(f"no network namespace: {program} is not installed")
    trial = [*NAMESPACE, "true"]
    if subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("no network namespace: this kernel allows none without root")
    command = [*NAMESPACE, "sh", "-c", SCRIPT, sys.executable]
    runs = {
        (scenario, style): subprocess.Popen(
            [*command, scenario, style, SPEED],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for scenario in SCENARIOS
        for style in STYLES
    }
    said = {name: run.communicate(timeout=SECONDS_MAX) for name, run in runs.items()}
    assert {name: run.returncode for name, run in runs.items()} == dict.fromkeys(runs, 0), said
    return {name: out for name, (out, _) in said.items()}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_client_completes_every_scenario(seen: Seen, scenario: str, style: str) -> None:
    """Scheduled, approved, started, removed: what there is of these."""
    assert seen[scenario, style].split() == LIVES[scenario]
