"""What a lifecycle table refuses when it is built, and what it refuses when it is used."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from transitions import MachineError

from freezeframe.lifecycles import ALL, Lifecycle, LifecycleError, Row, machine


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"


class Other(StrEnum):
    DIM = "dim"


MEANINGS = {Lamp.OFF: "dark", Lamp.ON: "bright"}
SWITCH = Row("switch", (Lamp.OFF,), Lamp.ON, "someone came", "an example")


def lamp(
    *rows: Row[Any], meanings: dict[Any, str] | None = None, initial: Any = Lamp.OFF
) -> Lifecycle[Any]:
    return Lifecycle("lamp", Lamp, MEANINGS if meanings is None else meanings, initial, rows)


def row(trigger: str, source: StrEnum, destination: StrEnum) -> Row[Any]:
    return Row(trigger, (source,), destination, "because", "an example")


def test_a_sound_table_is_built_and_says_where_each_trigger_leads() -> None:
    table = lamp(SWITCH)
    assert table.destination(Lamp.OFF, "switch") is Lamp.ON
    assert table.edges() == ((Lamp.OFF, "switch", Lamp.ON),)


@pytest.mark.parametrize(
    "stray",
    [row("dim", Lamp.ON, Other.DIM), row("dim", Other.DIM, Lamp.ON)],
    ids=["destination", "source"],
)
def test_a_row_with_a_state_of_another_lifecycle_is_refused(stray: Row[Any]) -> None:
    with pytest.raises(LifecycleError, match=r"lamp: expected a state of Lamp, found .*DIM"):
        lamp(SWITCH, stray)


def test_an_initial_state_of_another_lifecycle_is_refused() -> None:
    with pytest.raises(LifecycleError, match="expected a state of Lamp"):
        lamp(SWITCH, initial=Other.DIM)


def test_a_meaning_of_an_unknown_state_is_refused() -> None:
    with pytest.raises(LifecycleError, match="expected a state of Lamp"):
        lamp(SWITCH, meanings={**MEANINGS, Other.DIM: "neither"})


def test_a_state_that_no_row_leads_to_is_refused() -> None:
    with pytest.raises(LifecycleError, match="no row leads from 'off' to 'on'"):
        lamp(row("switch", Lamp.ON, Lamp.OFF))


def test_two_destinations_for_one_trigger_in_one_state_are_refused() -> None:
    with pytest.raises(LifecycleError, match="'switch' in state 'off' leads both to 'on' and to"):
        lamp(SWITCH, row("switch", Lamp.OFF, Lamp.OFF))


def test_the_same_row_twice_is_refused() -> None:
    with pytest.raises(LifecycleError, match="keep one row"):
        lamp(SWITCH, SWITCH)


def test_a_state_without_a_meaning_is_refused() -> None:
    with pytest.raises(LifecycleError, match="state 'on' has no meaning"):
        lamp(SWITCH, meanings={Lamp.OFF: "dark"})


def test_meanings_of_a_table_cannot_be_changed() -> None:
    meanings: dict[Any, str] = dict(MEANINGS)
    table = lamp(SWITCH, meanings=meanings)
    meanings[Lamp.ON] = "changed"
    assert table.meanings[Lamp.ON] == "bright"
    with pytest.raises(TypeError):
        table.meanings[Lamp.ON] = "changed"  # type: ignore[index]


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_an_illegal_trigger_raises_and_names_the_legal_ones(table: Lifecycle[Any]) -> None:
    legal = {(source, trigger) for source, trigger, _ in table.edges()}
    triggers = {trigger for _, trigger in legal} | {"no such trigger"}
    illegal = [(s, t) for s in table.states for t in triggers if (s, t) not in legal]
    assert illegal
    for state, trigger in illegal:
        with pytest.raises(LifecycleError) as raised:
            table.destination(state, trigger)
        assert repr(trigger) in str(raised.value)
        assert repr(state.value) in str(raised.value)
        assert all(t in str(raised.value) for s, t in legal if s is state)


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_an_illegal_trigger_raises_and_leaves_a_live_object_as_it_is(table: Lifecycle[Any]) -> None:
    legal = {(source, trigger) for source, trigger, _ in table.edges()}
    live = machine(table)
    for state in table.states:
        for trigger in {trigger for _, trigger in legal}:
            live.set_state(state)
            if (state, trigger) in legal:
                live.trigger(trigger)
                assert live.state is table.destination(state, trigger)
            else:
                with pytest.raises(MachineError):
                    live.trigger(trigger)
                assert live.state is state


def test_a_model_handed_in_gains_the_state_and_the_triggers() -> None:
    class Live:
        pass

    live: Any = Live()
    machine(lamp(SWITCH), live)
    assert live.state == "off"
    live.switch()
    assert live.state == "on"
