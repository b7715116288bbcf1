"""Policies: which host the controller may begin, and with which deadlines. Interchangeable, and
open to users'.

A policy contributes guards to the rule `schedule`; everything else is the same under every policy
unless it says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from freezeframe.fleet import Fleet, FreezeframeError, VirtualMachine
from freezeframe.fleet import Host as FleetHost
from freezeframe.lifecycles import SetStatus

from . import controller, faults, hypervisor, knowledge, people
from .blame import told
from .components import AvailabilitySet, Host
from .language import Deadline, Rule, RuleFunction, require
from .settings import standard_deadlines_ms
from .topology import Lane, Lanes

STANDARD_RULES: tuple[Rule, ...] = (
    *controller.RULES,
    *knowledge.RULES,
    *hypervisor.RULES,
    *people.RULES,
    *faults.RULES,
)
"""Every rule of the protocol; only `schedule` waits for a policy's guards."""


class PolicyError(FreezeframeError):
    """A policy that cannot be found or is none; the text says what was expected."""


def one_domain_at_a_time(host: Host, availability_set: AvailabilitySet, lanes: Lanes) -> None:  # noqa: ARG001 (names the head's host)
    """A host begins only with the domain of each of its sets that is under maintenance already, if
    any is.
    """
    require(len(lanes) == 1, "the host carries one domain of each set")
    require(
        availability_set.status is not SetStatus.MAINTAINING or availability_set.lane in lanes,
        "no other domain of the set is under maintenance",
    )
    availability_set.enter(min(lanes))


class Policy:
    """One domain of each availability set at a time; a subclass says what counts as a domain, or
    differs elsewhere.

    Override `lane` to group VMs otherwise, `begins` for other guards on beginning a host,
    `deadlines_ms` for other deadlines, and `rules` for a controller that differs elsewhere.
    """

    name = "policy"

    def lane(self, vm: VirtualMachine, host: FleetHost) -> int:
        """The number of the domain that `vm`, a member of a set, is in while it is on `host`."""
        raise NotImplementedError(f"{type(self).__name__} has no lane")

    def begins(self) -> tuple[RuleFunction, ...]:
        """The functions taken for each set of a host that is scheduled; each set must be entered
        once.
        """
        return (one_domain_at_a_time,)

    def deadlines_ms(self, fleet: Fleet) -> Mapping[Deadline, int]:
        """When the controller gives up, on the clock of a pause, in milliseconds."""
        return standard_deadlines_ms(fleet)

    def rules(self) -> tuple[Rule, ...]:
        """Every rule, with the guards of this policy."""
        return tuple(
            rule.also(*self.begins()) if rule is controller.schedule else rule
            for rule in STANDARD_RULES
        )


class OneUpdateDomain(Policy):
    """One update domain of each availability set at a time. Source: Azure's availability set
    overview.
    """

    name = "one-update-domain"

    def lane(self, vm: VirtualMachine, host: FleetHost) -> int:  # noqa: ARG002 (where it is does not matter)
        """Its update domain."""
        return vm.update_domain or 0


class OneFaultDomain(Policy):
    """One fault domain of each availability set at a time.

    Source: Azure's maintenance page of 2026, on maintenance that needs no reboot.
    """

    name = "one-fault-domain"

    def lane(self, vm: VirtualMachine, host: FleetHost) -> int:  # noqa: ARG002 (the host decides)
        """The fault domain of the host."""
        return host.fault_domain


def settled_lane(policy: Policy) -> Lane:
    """The lane of `policy`, asked twice about each VM and host and then remembered.

    Raises `PolicyError` where it is no number, or another the second time: a rule may depend on
    nothing that the checks do not see.
    """
    known: dict[tuple[VirtualMachine, FleetHost], int] = {}

    def lane(vm: VirtualMachine, host: FleetHost) -> int:
        if (vm, host) not in known:
            found, again = policy.lane(vm, host), policy.lane(vm, host)
            if type(found) is not int or found != again:
                raise PolicyError(
                    f"policy {policy.name}: expected lane to give the same whole number for the "
                    f"same VM and host, found {found!r} and then {again!r} for {vm.name} on "
                    f"{host.name}"
                )
            known[vm, host] = found
        return known[vm, host]

    return lane


POLICIES: Mapping[str, type[Policy]] = {
    each.name: each for each in (OneUpdateDomain, OneFaultDomain)
}
DEFAULT_POLICY = OneUpdateDomain.name


def load_policy(name: str) -> Policy:
    """The policy called `name`: one of `POLICIES`, or `package.module:Name` for a subclass of
    `Policy`.

    Raises `PolicyError` if there is none, if its module cannot be imported, if it is not a policy,
    if it cannot be made without arguments, or if what it gives as rules are none.
    """
    if name in POLICIES:
        return POLICIES[name]()
    found = _imported(name)
    if not (isinstance(found, type) and issubclass(found, Policy) and found is not Policy):
        raise PolicyError(
            f"policy: expected {name} to be a subclass of {Policy.__qualname__}, found {found!r}"
        )
    try:
        policy = found()
    except (Exception, SystemExit) as error:
        raise PolicyError(
            f"policy: expected {name} to need no arguments, found that {name}() raises "
            f"{told(error)}"
        ) from error
    _refuse_other_rules(name, policy)
    return policy


def _imported(name: str) -> object:
    """What `name` names in its module, whatever it is."""
    module_name, colon, attribute = name.partition(":")
    expected = f"expected {', '.join(POLICIES)} or package.module:Name, found {name!r}"
    if not (colon and module_name and attribute):
        raise PolicyError(f"policy: {expected}")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        stem = module_name.removesuffix(".py")
        hint = f"; did you mean {stem}:{attribute}?" if stem != module_name else ""
        raise PolicyError(
            f"policy: {expected}, which cannot be loaded: {told(error)}{hint}"
        ) from error
    known = vars(module)
    if attribute not in known:
        own = [
            each
            for each, value in known.items()
            if isinstance(value, type)
            and issubclass(value, Policy)
            and value.__module__ == module_name
        ]
        raise PolicyError(
            f"policy: {expected}, but {module_name} has no {attribute}; its policies: "
            f"{', '.join(own) or 'none'}"
        )
    return known[attribute]


def _refuse_other_rules(name: str, policy: Policy) -> None:
    """Raise `PolicyError` unless a user's policy gives rules, with guards that can be read."""
    try:
        rules = tuple(policy.rules())
        guards = [rule.guards for rule in rules if isinstance(rule, Rule)]
    except (Exception, SystemExit) as error:
        raise PolicyError(
            f"policy: expected begins and rules of {name} as in freezeframe.protocol.Policy, found "
            f"{told(error)}"
        ) from error
    if len(guards) < len(rules):
        other = next(rule for rule in rules if not isinstance(rule, Rule))
        raise PolicyError(f"policy: expected rules of {name} to give rules, found {other!r}")
