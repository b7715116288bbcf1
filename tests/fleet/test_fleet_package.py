"""The package as a whole: what it offers, and what importing it costs."""

import subprocess
import sys

import freezeframe.fleet


def test_every_public_name_exists() -> None:
    assert all(hasattr(freezeframe.fleet, name) for name in freezeframe.fleet.__all__)


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, freezeframe.fleet, freezeframe.fleet.libvirt_import\n"
    code += "print(*sorted(sys.modules.keys() & {'pydantic', 'tomlkit', 'libvirt'}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_reading_a_fleet_without_mistakes_looks_for_no_lines() -> None:
    code = "import freezeframe.fleet.document as document\n"
    code += "from freezeframe.fleet import example\ndel document.Lines\n"
    code += "print(example('two-tiers').name)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "two tiers"
