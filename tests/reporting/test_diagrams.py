"""What the diagrams say, against what they are drawn from."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields, replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from freezeframe.checking.search.coverage import pulls_on
from freezeframe.checking.search.explorer import explore
from freezeframe.fleet import (
    AvailabilitySet,
    CustomerActions,
    Fleet,
    Span,
    UpdateKind,
    example,
    example_names,
)
from freezeframe.lifecycles import ALL
from freezeframe.protocol.language import Actor
from freezeframe.protocol.policies import load_policy
from freezeframe.protocol.system import System
from freezeframe.reporting.diagrams import Drawing, drawings
from freezeframe.reporting.diagrams.composition import composition_of
from freezeframe.reporting.diagrams.drawing import ACTOR_COLOURS, FAINT, INK
from freezeframe.reporting.diagrams.layers import imports_between_packages
from freezeframe.reporting.diagrams.takers import takers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
POLICY = "one-update-domain"


@cache
def drawing(name: str) -> Drawing:
    return next(each for each in drawings(POLICY) if each.name == name)


def once_each(fleet: Fleet, *groups: str) -> Fleet:
    changes = {
        group: replace(getattr(fleet, group), **{f.name: 1 for f in fields(getattr(fleet, group))})
        for group in groups
    }
    return replace(fleet, **changes)


def test_there_is_a_drawing_of_each_lifecycle_of_the_composition_and_of_the_layers() -> None:
    names = {each.name for each in drawings(POLICY)}
    assert len(names) == len(ALL) + 2
    assert {"composition", "layers", "lifecycle-vm"} <= names


def test_drawings_are_the_same_whatever_the_order_of_sets() -> None:
    script = (
        "from freezeframe.reporting.diagrams import drawings\n"
        f"for each in drawings({POLICY!r}): print(each.name, each.dot, each.mermaid)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert next(iter(texts)).decode().splitlines()[0].startswith("lifecycle-vm //")


def test_colours_can_be_read_on_white() -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour in (*ACTOR_COLOURS.values(), INK, FAINT):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour
    assert set(ACTOR_COLOURS) == set(Actor)
    assert len(set(ACTOR_COLOURS.values())) == len(ACTOR_COLOURS)
    assert all("bgcolor=white" in each.dot for each in drawings(POLICY))


def small_fleets() -> Iterator[Fleet]:
    """A host or two of a set, where one thing at a time happens and is noticed late."""
    fleet = example("one-vm")
    fleet = replace(
        fleet,
        availability_sets=(AvailabilitySet("set", 1),),
        vms=(replace(fleet.vms[0], availability_set="set", update_domain=0),),
        timing=replace(fleet.timing, poll=Span(0, 10_000)),
        limits=replace(fleet.limits, pause_ms=20_000),
    )
    yield replace(fleet, update=replace(fleet.update, kind=UpdateKind.DISRUPTIVE))
    yield once_each(fleet, "operator")
    for fault in fields(fleet.faults):
        yield replace(fleet, faults=replace(fleet.faults, **{fault.name: 1}))
    yield replace(fleet, customer=CustomerActions(create=1, delete=1, start=1, stop=1))
    yield replace(fleet, customer=CustomerActions(suspend=1, approve_again=1))
    second = replace(fleet.hosts[0], name="second")
    yield replace(
        fleet,
        hosts=(*fleet.hosts, second),
        vms=(*fleet.vms, replace(fleet.vms[0], name="other", host=second.name)),
        faults=replace(fleet.faults, power_loss=1),
        operator=replace(fleet.operator, cancel=1),
    )


@cache
def takers_seen() -> dict[tuple[str, str], set[Actor]]:
    """Who was seen to pull what, in any step from any state of any small fleet."""
    seen: dict[tuple[str, str], set[Actor]] = {}
    for fleet in small_fleets():
        system = System(fleet, load_policy(POLICY))
        space = explore(system)
        for by, instance in enumerate(system.instances):
            for lifecycle, _, trigger in pulls_on(space, by, np.flatnonzero(space.edge_by == by)):
                seen.setdefault((lifecycle, trigger), set()).add(instance.rule.actor)
    return seen


def test_whoever_is_seen_to_take_a_row_is_named_as_its_taker() -> None:
    named = takers_of(load_policy(POLICY).rules())
    for pulled, actors in takers_seen().items():
        assert actors <= set(named[pulled]), pulled


def test_whoever_is_named_as_a_taker_is_seen_to_take_the_row() -> None:
    named = takers_of(load_policy(POLICY).rules())
    unseen = {
        (*pulled, actor)
        for pulled, actors in named.items()
        for actor in set(actors) - takers_seen().get(pulled, set())
    }
    told_only_by_the_host_that_it_has_not_started = {
        ("scheduled event", "complete", Actor.OPERATOR)
    }
    assert unseen == told_only_by_the_host_that_it_has_not_started


def test_every_trigger_of_every_table_has_a_taker() -> None:
    named = takers_of(load_policy(POLICY).rules())
    assert set(named) == {(table.name, row.trigger) for table in ALL for row in table.rows}


def test_the_composition_has_every_rule_of_the_policy() -> None:
    composition = composition_of(load_policy(POLICY))
    drawn = {
        (actor, rule)
        for actor, rules in composition.touched.items()
        for rule in rules
        if actor is not Actor.TIME
    }
    rules = load_policy(POLICY).rules()
    cut_short = [rule.cut for rule in rules if rule.is_journalled]
    assert drawn == {(rule.actor, rule.name) for rule in (*rules, *cut_short)}


@pytest.mark.parametrize("name", example_names())
def test_the_composition_covers_what_the_rules_touch_in_every_example(name: str) -> None:
    composition = composition_of(load_policy(POLICY))
    system = System(
        replace(once_each(example(name), "faults", "operator"), customer=CustomerActions(1, 1, 1)),
        load_policy(POLICY),
    )
    for instance in system.instances:
        kinds = composition.touched[instance.rule.actor][instance.rule.name]
        assert {slot_kind for part in instance.parts for slot_kind in part.form.kinds} <= kinds


def test_the_composition_is_drawn_as_it_is() -> None:
    composition = composition_of(load_policy(POLICY))
    touches = {
        (actor.value, kind.__name__)
        for actor in composition.touched
        for kind in composition.kinds
        if composition.rules_on(actor, kind)
    }
    assert len(composition.kinds) == 7
    dot, mermaid = drawing("composition").dot, drawing("composition").mermaid
    ends = re.findall(r"^\t(\w+)(?::\w+)? -> (\w+)(?::\w+)?(.*)", dot, re.MULTILINE)
    assert {(b, a) if "dir=back" in rest else (a, b) for a, b, rest in ends} == touches
    assert set(re.findall(r"by_(\w+) -->\|\d+ rules?\| (\w+)", mermaid)) == touches


def layers_in_contract() -> dict[str, int]:
    """How deep each package lies; those of one layer may not import each other."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(
        each for each in pyproject["tool"]["importlinter"]["contracts"] if each["type"] == "layers"
    )
    return {
        package.removeprefix("freezeframe."): depth
        for depth, layer in enumerate(contract["layers"])
        for package in layer.split(" | ")
    }


def test_the_layers_are_the_packages_of_the_contract_and_point_down() -> None:
    layers = layers_in_contract()
    imports = imports_between_packages()
    assert set(imports) == set(layers)
    for upper, lowers in imports.items():
        for lower in lowers:
            assert layers[upper] < layers[lower], f"{upper} imports {lower}"


def test_the_layers_have_every_import_between_packages() -> None:
    """The oracle is the text of the sources, read line by line."""
    found: dict[str, set[str]] = {}
    for source in (*ROOT.glob("model/**/*.py"), *ROOT.glob("properties/**/*.py")):
        package = source.relative_to(ROOT).parts[2]
        text = source.read_text(encoding="utf-8")
        absolute = re.findall(r"^\s*(?:from|import) freezeframe\.(\w+)", text, re.MULTILINE)
        from_root = re.findall(r"^\s*from freezeframe import (\w+)", text, re.MULTILINE)
        found.setdefault(package, set()).update({*absolute, *from_root} - {package})
    assert imports_between_packages() == found


def test_the_layers_are_drawn_as_they_are() -> None:
    imports = imports_between_packages()
    expected = {(upper, lower) for upper in imports for lower in imports[upper]}
    for text, arrow in ((drawing("layers").dot, "->"), (drawing("layers").mermaid, "-->|-.->")):
        assert set(re.findall(rf"^\s*(\w+) (?:{arrow}) (\w+)", text, re.MULTILINE)) == expected


@pytest.mark.parametrize("each", drawings(POLICY), ids=lambda each: each.name)
def test_labels_in_dot_are_well_formed(each: Drawing) -> None:
    for label in re.findall(r"label=<(.*)>[ \]]", each.dot):
        assert label.count("<") == label.count(">")
        assert "&amp;amp;" not in unescape(label)
