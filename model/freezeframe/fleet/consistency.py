"""What the values of a fleet file must be together, each being valid for itself.

Owns the checks that need more than one value. It knows neither text nor files: it is given tables,
and a way to ask for the line of a key. Whether a fleet can be maintained safely is not its affair:
that is for the planner and the check to find out.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from freezeframe.fleet.errors import shown
from freezeframe.fleet.model import UPDATE_DOMAINS_DEFAULT, UpdateKind, kind_of_update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from freezeframe.fleet.lines import Path
    from freezeframe.fleet.schema import FleetTable, HostTable, SetTable, VmTable

VMS_PER_SET_MAX = 200
"""Most VMs in one availability set. Source: limits stated in Azure's documentation of HPC VMs."""

Kind = Literal["availability_sets", "hosts", "vms"]
KINDS: tuple[Kind, ...] = ("availability_sets", "hosts", "vms")


class _Index:
    """What is found by name in a file, gathered once: large files are looked through many times."""

    def __init__(self, file: FleetTable) -> None:
        self.file = file
        self.names = {kind: [table.name for table in getattr(file, kind)] for kind in KINDS}
        self.known = {kind: frozenset(names) for kind, names in self.names.items()}
        self.sets: dict[str, list[tuple[int, SetTable]]] = defaultdict(list)
        for number, each in enumerate(file.availability_sets):
            self.sets[each.name].append((number, each))
        self.sizes = Counter(vm.availability_set for vm in file.vms)
        self.sets_of_host: dict[str, dict[str | None, None]] = defaultdict(dict)
        for vm in file.vms:
            for host in (vm.host, *vm.may_move_to):
                self.sets_of_host[host][vm.availability_set] = None


@dataclass(frozen=True)
class Finding:
    """What is wrong at `path`, provided that the values there and at all of `given` are valid."""

    path: Path
    text: str
    given: tuple[Path, ...] = ()


def close_name(name: str, known: Sequence[str], otherwise: str = "") -> str:
    """Return advice that names what `name` was probably meant to be.

    >>> close_name("hots", ["name", "hosts"])
    '; did you mean "hosts"?'
    """
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {shown(close[0])}?" if close else otherwise


def inconsistencies(file: FleetTable, line: Callable[[Path], int]) -> Iterator[Finding]:
    """Yield all that is wrong between the values of `file`, by topic."""
    if not file.hosts:
        text = "expected at least one host, found none; add a [[hosts]] table with a name"
        yield Finding(("hosts",), text)
    found = _Index(file)
    for kind in KINDS:
        yield from _names_used_twice(kind, found.names[kind], line)
    for index, vm in enumerate(file.vms):
        yield from _dangling_names(found, index, vm)
        yield from _name_of_a_set(found, index, vm, line)
        yield from _update_domain(found, index, vm, line)
    for index, each in enumerate(file.availability_sets):
        yield from _set(found, index, each, line)
    yield from _fault_domains(file, found, line)
    yield from _reached_twice(file, line, "hosts", "uri", "a URI")
    yield from _reached_twice(file, line, "vms", "address", "an address")
    yield from _domains_used_twice(file, line)
    for index, host in enumerate(file.hosts):
        yield from _commands(file, index, host)
    yield from _idle_budgets(file)
    yield from _idle_tolerance(file)


def _names_used_twice(
    kind: Kind, names: list[str], line: Callable[[Path], int]
) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        used = first.setdefault(name, index)
        if used != index:
            path: Path = (kind, used, "name")
            text = f"expected a name of its own, found {shown(name)} again (see line {line(path)})"
            yield Finding((kind, index, "name"), text, given=(path,))


def _dangling_names(found: _Index, index: int, vm: VmTable) -> Iterator[Finding]:
    at: Path = ("vms", index)
    yield from _dangling(found, "hosts", (*at, "host"), vm.host)
    if vm.availability_set is not None:
        yield from _dangling(
            found, "availability_sets", (*at, "availability_set"), vm.availability_set
        )
    for number, name in enumerate(vm.may_move_to):
        path: Path = (*at, "may_move_to", number)
        yield from _dangling(found, "hosts", path, name)
        if name == vm.host:
            text = f"expected a host other than the VM's own, found {shown(name)}; remove it"
            yield Finding(path, text, given=((*at, "host"),))
        if name in vm.may_move_to[:number]:
            yield Finding(path, f"expected each host once, found {shown(name)} again; remove it")


def _dangling(found: _Index, kind: Kind, path: Path, name: str) -> Iterator[Finding]:
    if name not in found.known[kind]:
        known = found.names[kind]
        advice = close_name(name, known, otherwise=f"; add it under [[{kind}]], or correct it")
        text = f"expected the name of one of the {kind}, found {shown(name)}{advice}"
        yield Finding(path, text, given=_every(found.file, kind, "name"))


def _name_of_a_set(
    found: _Index, index: int, vm: VmTable, line: Callable[[Path], int]
) -> Iterator[Finding]:
    """Find a VM in no set that would be taken for the tenant of a set, and be told its events."""
    if vm.availability_set is None:
        for number, each in found.sets.get(vm.name, ()):
            path: Path = ("availability_sets", number, "name")
            text = "expected a name that no availability set has, since the VM is in none, found "
            text += f"{shown(each.name)} (see line {line(path)}); rename one, or name the VM's set"
            given = (path, ("vms", index, "availability_set"))
            yield Finding(("vms", index, "name"), text, given=given)


def _update_domain(
    found: _Index, index: int, vm: VmTable, line: Callable[[Path], int]
) -> Iterator[Finding]:
    at: Path = ("vms", index)
    if vm.update_domain is None:
        return
    if vm.availability_set is None:
        text = "expected no update_domain without an availability_set, found "
        text += f"{vm.update_domain}; name the VM's availability_set, or remove update_domain"
        yield Finding((*at, "update_domain"), text, given=((*at, "availability_set"),))
        return
    for number, each in found.sets.get(vm.availability_set, ()):
        count = update_domains(each)
        if vm.update_domain >= count:
            path: Path = ("availability_sets", number)
            text = f"expected a number below {count}, the update_domains of {shown(each.name)} "
            text += f"(line {line((*path, 'update_domains'))}), found {vm.update_domain}"
            keys = ("name", "update_domains", "fault_domains")
            given = tuple((*path, key) for key in keys)
            yield Finding((*at, "update_domain"), text, given=(*given, (*at, "availability_set")))


def _set(
    found: _Index, index: int, each: SetTable, line: Callable[[Path], int]
) -> Iterator[Finding]:
    path: Path = ("availability_sets", index)
    if each.fault_domains == 1 and update_domains(each) != 1:
        text = f"expected 1, because fault_domains is 1 (line {line((*path, 'fault_domains'))}), "
        text += f"found {each.update_domains}; set it to 1, or give the set more fault domains"
        yield Finding((*path, "update_domains"), text, given=((*path, "fault_domains"),))
    size = found.sizes[each.name]
    if size > VMS_PER_SET_MAX:
        text = f"expected at most {VMS_PER_SET_MAX} VMs in one set, found {size}; split the set"
        yield Finding((*path, "name"), text)


def _fault_domains(
    file: FleetTable, found: _Index, line: Callable[[Path], int]
) -> Iterator[Finding]:
    """Find hosts that carry, or may come to carry, a set without a fault domain of that number."""
    for index, host in enumerate(file.hosts):
        path: Path = ("hosts", index, "fault_domain")
        for name in found.sets_of_host.get(host.name, ()):
            if name is None or name not in found.sets:
                continue
            number, each = found.sets[name][-1]
            if host.fault_domain >= each.fault_domains:
                limit: Path = ("availability_sets", number, "fault_domains")
                text = f"expected a number below {each.fault_domains}, the fault_domains of "
                text += f"{shown(name)} (line {line(limit)}) on this host, "
                text += f"found {host.fault_domain}"
                yield Finding(path, text, given=(limit,))
                break


def _reached_twice(
    file: FleetTable, line: Callable[[Path], int], kind: Kind, key: str, expected: str
) -> Iterator[Finding]:
    """Find what would be taken for another of its kind."""
    first: dict[str, int] = {}
    for index, table in enumerate(getattr(file, kind)):
        value = getattr(table, key)
        used = first.setdefault(value, index) if value is not None else index
        if used != index:
            path: Path = (kind, used, key)
            text = f"expected {expected} of its own, found that of another (line {line(path)})"
            yield Finding((kind, index, key), text, given=(path,))


def _domains_used_twice(file: FleetTable, line: Callable[[Path], int]) -> Iterator[Finding]:
    """Find VMs that one host knows by one name."""
    first: dict[tuple[str, str], int] = {}
    for index, vm in enumerate(file.vms):
        used = first.setdefault((vm.host, vm.domain or vm.name), index)
        if used != index and (vm.domain or file.vms[used].domain):
            at, other = (_domain_path(file, number) for number in (index, used))
            text = f"expected a domain of its own on {shown(vm.host)}, found that of another VM"
            yield Finding(at, f"{text} (line {line(other)})", given=(other,))


def _domain_path(file: FleetTable, index: int) -> Path:
    return ("vms", index, "domain" if file.vms[index].domain else "name")


def _commands(file: FleetTable, index: int, host: HostTable) -> Iterator[Finding]:
    """Find commands without their counterpart, and timeouts that limit nothing or too little."""
    at: Path = ("hosts", index)
    update: Path = (*at, "update_command")
    rollback: Path = (*at, "rollback_command")
    if host.update_command and not host.rollback_command:
        text = "expected a rollback_command beside it, without which an update cannot be aborted, "
        yield Finding(update, f"{text}found none; add one", given=(rollback,))
    if host.rollback_command and not host.update_command:
        text = "expected an update_command beside it, found none; add one, or remove this"
        yield Finding(rollback, text, given=(update,))
    for path, command, timeout_ms in (
        (update, host.update_command, host.update_timeout_ms),
        (rollback, host.rollback_command, host.rollback_timeout_ms),
    ):
        if timeout_ms is not None and not command:
            key = str(path[-1])
            text = f"expected no timeout without {key}, found one; add {key}, or remove this"
            yield Finding((*at, key.replace("command", "timeout_seconds")), text, given=(path,))
    longest_ms = file.timing.rollback.max_ms
    timeout: Path = (*at, "rollback_timeout_seconds")
    if host.rollback_timeout_ms is not None and host.rollback_timeout_ms > longest_ms:
        text = f"expected at most {longest_ms / 1000:g}, the longest rollback in [timing], which "
        text += f"is all that deadlines leave time for; found {host.rollback_timeout_ms / 1000:g}"
        yield Finding(timeout, text, given=(("timing", "rollback"),))


def _idle_budgets(file: FleetTable) -> Iterator[Finding]:
    """Find customer actions that no VM allows: a check would seem to cover them, and would not."""
    budget = file.customer
    needs_any = ("delete", "start", "stop", "suspend")
    missing: list[tuple[str, str, tuple[Path, ...]]] = []
    if not file.vms:
        missing += [(action, "a VM, found none", (("vms",),)) for action in needs_any]
    if not any(vm.may_move_to for vm in file.vms):
        given = _every(file, "vms", "may_move_to")
        missing.append(("move", "a VM with may_move_to = […], found none", given))
    if budget.delete == 0 and all(vm.exists for vm in file.vms):
        given = (*_every(file, "vms", "exists"), ("customer", "delete"))
        wanted = "a VM with exists = false, or a budget to delete one, found neither"
        missing.append(("create", wanted, given))
    for action, wanted, given in missing:
        if count := getattr(budget, action):
            text = f"expected, for a budget of {count}, {wanted}; add one, or remove the budget"
            yield Finding(("customer", action), text, given)


def _idle_tolerance(file: FleetTable) -> Iterator[Finding]:
    """Find tolerance of faults in a pause, in a fleet where nothing is ever paused."""
    own = {host.name: host.update for host in file.hosts}
    kinds = {
        kind_of_update(own.get(host), file.update.kind, is_preservable=vm.preservable)
        for vm in file.vms
        for host in (vm.host, *vm.may_move_to)
    }
    if UpdateKind.VM_PRESERVING in kinds:
        return
    for fault, count in file.tolerance.items():
        if count:
            text = f"expected a VM that maintenance pauses, found none, so {count} such faults in "
            text += "a pause are beside the point; remove the tolerance, or make a VM preservable "
            text += "on a host whose update is vm-preserving"
            vms = _every(file, "vms", "host", "may_move_to", "preservable")
            hosts = _every(file, "hosts", "name", "update")
            yield Finding(("tolerance", fault), text, given=(*vms, *hosts, ("update", "kind")))


def _every(file: FleetTable, kind: Kind, *keys: str) -> tuple[Path, ...]:
    """Return the paths of these keys in all tables of a kind."""
    count = len(getattr(file, kind))
    return ((kind,), *((kind, number, key) for number in range(count) for key in keys))


def update_domains(each: SetTable) -> int:
    """Return how many update domains a set has; with one fault domain it can have but one."""
    if each.update_domains is not None:
        return each.update_domains
    return 1 if each.fault_domains == 1 else UPDATE_DOMAINS_DEFAULT
