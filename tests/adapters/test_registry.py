"""Adapters are found by the scheme of a URI among the installed ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from freezeframe.adapters import AdapterUriError, known_schemes, open_adapter
from freezeframe.adapters.simulated import SimulatedAdapter


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, entries: str) -> None:
    """Put a distribution on the path that registers `entries`."""
    info = folder / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[freezeframe.adapters]\n{entries}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_the_adapters_that_ship_with_it_are_registered() -> None:
    assert {"simulated", "qemu", "test"} <= set(known_schemes())


def test_a_uri_opens_the_adapter_of_its_scheme() -> None:
    adapter = open_adapter("simulated:rack-1?vms=1", marked=[])
    assert isinstance(adapter, SimulatedAdapter)
    assert adapter.host == "rack-1"
    assert not adapter.state("vm-0", deadline_ms=0).is_marked


def test_an_adapter_of_somebody_else_is_found_also_with_a_transport(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, "acme = freezeframe.adapters.simulated:open_uri")
    assert "acme" in known_schemes()
    with pytest.raises(AdapterUriError, match="vms: expected a number"):
        open_adapter("acme+tls:x?vms=z")


@pytest.mark.parametrize("uri", ["", "qemu", "xen:///system", "+unix:"])
def test_an_unknown_scheme_names_the_known_ones(uri: str) -> None:
    with pytest.raises(AdapterUriError, match=r"expected a URI that begins with one of .*qemu:"):
        open_adapter(uri)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no.such.module:open", "to be importable, found: No module named"),
        ("freezeframe.adapters:nothing", "to be importable"),
        ("freezeframe.adapters:__all__", "to be a function"),
    ],
)
def test_an_adapter_that_cannot_be_loaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    install(tmp_path, monkeypatch, f"acme = {target}")
    with pytest.raises(AdapterUriError, match=message):
        open_adapter("acme:")
