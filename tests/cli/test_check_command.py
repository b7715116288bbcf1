"""`freezeframe check`: what may be asked for, and where the answers go."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freezeframe.checking.search.explorer import MAX_STATES_DEFAULT
from freezeframe.cli import check as command
from freezeframe.cli import options
from freezeframe.cli.__main__ import run
from freezeframe.fleet.examples import example_text
from freezeframe.protocol.policies import DEFAULT_POLICY

from .conftest import Call

GUARD = "quiesce/each-tenant-approved-or-had-its-notice"


def test_the_defaults_are_those_of_the_explorer_and_the_policies() -> None:
    assert command.MAX_STATES_DEFAULT == MAX_STATES_DEFAULT
    assert options.DEFAULT_POLICY == DEFAULT_POLICY


def test_a_fleet_file_is_checked_like_an_example(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(example_text("one-vm"))
    answer = call("check", path)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("one vm, under one-update-domain: holds\n")


def test_only_the_properties_that_are_named_are_checked(call: Call) -> None:
    answer = call("check", "one-vm", "--property", "no_deadlock", "--json", "-")
    assert [each["name"] for each in json.loads(answer.out)["properties"]] == ["no_deadlock"]


def test_the_policy_that_is_named_is_checked(call: Call) -> None:
    answer = call("check", "one-vm", "--policy", "one-fault-domain")
    assert answer.out.startswith("one vm, under one-fault-domain: holds\n")


def test_a_policy_of_ones_own_is_found_in_the_working_directory(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_own_policy_module.py").write_text(
        "from freezeframe.protocol.policies import OneUpdateDomain\n"
        "class Mine(OneUpdateDomain):\n    name = 'mine'\n"
        "class NeedsMore(OneUpdateDomain):\n    def __init__(self, more): ...\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    answer = call("check", "one-vm", "--policy", "my_own_policy_module:Mine")
    assert answer.out.startswith("one vm, under mine: holds\n")
    answer = call("check", "one-vm", "--policy", "my_own_policy_module:NeedsMore")
    assert answer.code == 2
    assert "my_own_policy_module:NeedsMore() raises TypeError" in answer.err


def test_a_policy_of_ones_own_that_breaks_the_rules_for_rules_is_told_so(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_wrong_policy_module.py").write_text(
        "from freezeframe.protocol.components import Host\n"
        "from freezeframe.protocol.language import Actor, rule\n"
        "from freezeframe.protocol.policies import OneUpdateDomain\n"
        "def meddle(host: Host) -> None: host.pull('schedule')\n"
        "@rule(actor=Actor.CONTROLLER, each=(meddle,))\n"
        "def wrong(host: Host) -> None:\n    'Do two things at once.'\n"
        "    host.attempts_left = host.attempts_left\n"
        "class Wrong(OneUpdateDomain):\n"
        "    def rules(self): return (*super().rules(), wrong)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    answer = call("check", "one-vm", "--policy", "my_wrong_policy_module:Wrong")
    assert (answer.code, answer.out) == (2, "")
    assert "my_wrong_policy_module:Wrong: rule wrong: meddle changed Host" in answer.err


def test_a_guard_may_be_named_by_the_part_after_the_slash(call: Call) -> None:
    answer = call("check", "one-vm", "--without", GUARD.partition("/")[2], "--json", "-")
    found = json.loads(answer.out)
    assert answer.code == 1
    assert found["without"] == [GUARD]


def test_the_search_stops_at_the_first_breach_unless_told_to_go_on(call: Call) -> None:
    stopped = json.loads(call("check", "one-vm", "--without", GUARD, "--json", "-").out)
    whole = json.loads(
        call("check", "one-vm", "--without", GUARD, "--keep-going", "--json", "-").out
    )
    assert stopped["frontier"] > 0
    assert whole["frontier"] == 0
    assert {each["verdict"] for each in whole["properties"]} == {"holds", "violated"}


def test_json_goes_into_a_file_beside_the_page(call: Call, tmp_path: Path) -> None:
    answer = call("check", "one-vm", "--json", tmp_path / "found.json")
    assert answer.out.startswith("one vm, under")
    assert json.loads((tmp_path / "found.json").read_text())["verdict"] == "holds"


def test_the_counterexample_is_written_in_both_forms(call: Call, tmp_path: Path) -> None:
    trace, itf = tmp_path / "run.jsonl", tmp_path / "run.itf.json"
    answer = call("check", "one-vm", "--without", GUARD, "--trace", trace, "--itf", itf)
    assert (answer.code, answer.err) == (1, "")
    header, *records = [json.loads(line) for line in trace.read_text().splitlines()]
    assert header["without"] == [GUARD]
    assert records
    assert json.loads(itf.read_text())["states"]


def test_where_nothing_is_broken_no_run_is_written_and_that_is_said(
    call: Call, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    answer = call("check", "one-vm", "--trace", path)
    assert answer.code == 0
    assert answer.err == f"--trace: no counterexample was found, so {path} is not written\n"
    assert not path.exists()


def test_coverage_is_shown_on_request(call: Call) -> None:
    assert "\nRules: " in call("check", "one-vm", "--coverage").out
    assert "\nRules: " not in call("check", "one-vm").out


def test_the_page_fits_the_terminal(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, call("check", "one-vm", "--without", GUARD).out.splitlines())) > 60
    # Guard names are longer than that, and are not broken; everything else fits.
    lines = call("check", "one-vm").out.splitlines()
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "command: found 'chekc'; did you mean check?"),
        (["check", "--polcy", "x"], "Did you mean '--policy'?"),
        (["check", "one-vn"], "fleet: found 'one-vn'; did you mean one-vm?"),
        (["check", "no-such-file.toml"], "no-such-file.toml: expected a readable fleet file"),
        (["check", "."], "expected a readable fleet file, found: Is a directory"),
        (["check", "--policy", "one-update"], "did you mean one-update-domain?"),
        (["check", "--policy", "nowhere:Mine"], "cannot be loaded: ModuleNotFoundError"),
        (["check", "--property", "no_deadlok"], "did you mean no_deadlock?"),
        (["check", "--without", "pause/the-host-is-quiescin"], "pause/the-host-is-quiescing"),
        (["check", "--without", "settle/"], "did you mean settle/"),
        (["check", "--without", "the-host-is-being-restored"], "expected one guard, found"),
        (["check", "--max-states", "0"], "0 is not in the range"),
        (["check", "--max-states", "many"], "'many' is not a valid integer"),
        (["check", "one-vm", "two-tiers"], "unexpected extra argument"),
        (["check", "--json", "/no/such/place.json"], "there is no directory /no/such"),
        (["check", "--trace", "/"], "--trace: cannot write /: it is a directory"),
        (["check", "--itf", "-"], "--itf: expected a file, found -; only --json goes to stdout"),
        (["check", "--json", "a", "--itf", "./a"], "--itf: expected a file of its own, found a, "),
        (["check", "mine.toml", "--json", "./mine.toml"], "which is that of FLEET"),
        (["check", "--without", "settle"], "found the rule 'settle', which has:\n  settle/"),
        (["check", "nothing-of-ours"], "provider-default, eventful or a file, found 'nothing"),
        (["check", "--property", "x"], "expected one_update_domain_paused, pause_within_limit, "),
        (["explain", "--policy", "x"], "--policy: expected"),
        (["import"], "Missing argument 'URI"),
        (["import", "--output", "/"], "cannot write"),
        ([], "Usage: freezeframe"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_was(
    call: Call, arguments: list[str], said: str
) -> None:
    if arguments == ["import", "--output", "/"]:
        arguments = [*arguments, "test:///default"]
    answer = call(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


@pytest.mark.parametrize("command_line", [["--help"], ["-h"]])
@pytest.mark.parametrize("name", [[], ["check"], ["explain"], ["import"]])
def test_help_has_examples_and_fits_a_screen(
    call: Call, name: list[str], command_line: list[str]
) -> None:
    answer = call(*name, *command_line)
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert "  Examples:" in lines
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80


def test_help_on_a_check_groups_its_options(call: Call) -> None:
    parts = call("check", "--help").out.split("\n\n")
    headings = [part.partition("\n")[0] for part in parts if part.split("\n")[0].endswith(":")]
    assert headings == [
        "What is asked:",
        "How far the search goes:",
        "What is told:",
        "Options:",
        "  Examples:",
    ]
    assert "[FLEET]\n\n  Check that" in "\n\n".join(parts)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.sampled_from(example_text("one-vm").splitlines()).map(
            lambda line: example_text("one-vm").replace(line, "", 1).encode()
        ),
    )
)
def test_no_bytes_in_a_file_end_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fleet.toml"
    path.write_bytes(content)
    assert run(["check", str(path), "--max-states", "10"]) in {0, 1, 2, 3}
