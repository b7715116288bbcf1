"""Hosts for the suite to judge, and the suite run on them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from freezeframe.fleet.libvirt_import import NAMESPACE

from .running import Run, run_pytest

_MARK = f'<f:placement xmlns:f="{NAMESPACE}" availability-set="web" update-domain="0"/>'


@pytest.fixture
def suite(tmp_path: Path) -> Run:
    """Run the shipped suite with options, from a folder of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_pytest(tmp_path, "--pyargs", "freezeframe.conformance", *arguments)

    return run


@pytest.fixture
def host_file(tmp_path: Path) -> str:
    """The URI of a host of libvirt's test driver: a, b and c are marked, d is not."""
    pytest.importorskip(
        "libvirt", reason="needs libvirt's Python binding: install freezeframe[libvirt]"
    )
    domains = "".join(
        f"<domain type='test'><name>{name}</name><metadata>{mark}</metadata>"
        "<memory>1024</memory><os><type>hvm</type></os></domain>"
        for name, mark in {"a": _MARK, "b": _MARK, "c": _MARK, "d": ""}.items()
    )
    path = tmp_path / "host.xml"
    path.write_text(f"<node>{domains}</node>", encoding="utf-8")
    return f"test://{path}"
