"""Writes the files that the options of a run ask for.

Owns where they go. What is in them is `report`'s affair.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from .report import page, structured, suites


def write_reports(config: pytest.Config, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write them, from the directory in which pytest was started.

    Raises:
        pytest.UsageError: A file cannot be written.

    """
    results = suites(entries)
    if config.option.conformance_json:
        text = json.dumps(structured(results), indent=2) + "\n"
        _write(config, config.option.conformance_json, text)
    if config.option.conformance_html:
        _write(config, config.option.conformance_html, page(results))


def _write(config: pytest.Config, name: str, text: str) -> None:
    path = config.invocation_params.dir / name
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"{path}: {error.strerror}") from error
