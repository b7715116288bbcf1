"""The page of a play, in a real browser, at the widths of a phone and of a desk."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from freezeframe.scheduled_events import placements_of
from freezeframe.scheduled_events.desk import Desk
from freezeframe.scheduled_events.keeping import new_state
from freezeframe.scheduled_events.playing import Player
from freezeframe.scheduled_events.scenarios import SCENARIOS, playground_fleet, stage_of
from freezeframe.scheduled_events.service import Listener, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHROMIUM = os.environ.get("FREEZEFRAME_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"phone": (360, 780), "desk": (1280, 800)}


@dataclass(frozen=True)
class Play:
    """A play that begins when the test says so, and where its page is."""

    desk: Desk
    player: Player
    origin: str

    @property
    def page_url(self) -> str:
        """The page's address."""
        return f"{self.origin}/playground/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"no browser: {CHROMIUM} is not there; on Debian, apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only with a browser)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def play() -> Iterator[Play]:
    """A freeze, at real speed."""
    fleet = playground_fleet()
    desk = Desk(new_state(placements_of(fleet)))
    player = Player(desk, SCENARIOS["freeze"], stage_of(fleet))
    listeners = [Listener("127.0.0.1", 0, vm=vm.name) for vm in fleet.vms]
    stop = threading.Event()
    playing = threading.Thread(target=player.play, args=(stop,))
    with served(fleet, desk, listeners, player=player) as opened:
        playing.start()
        yield Play(desk, player, f"http://{opened[0]}")
        stop.set()
        playing.join()


def _opened(browser: Browser, play: Play, size: str = "desk") -> Page:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(play.page_url)
    page.locator("#document", has_text="DocumentIncarnation").wait_for()
    return page


@pytest.mark.parametrize("size", SIZES)
def test_shows_the_timeline_and_fits_the_screen(browser: Browser, play: Play, size: str) -> None:
    """Nothing is cut off at the side, and every step is there."""
    page = _opened(browser, play, size)
    assert page.locator("#steps li").count() == len(play.player.scenario.steps)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size][0]
    for each in page.locator("button, pre, section").all():
        box = each.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size][0]
    page.close()


def test_a_click_approves_and_the_page_follows(browser: Browser, play: Play) -> None:
    """The document changes where one can see it, and so does the timeline."""
    page = _opened(browser, play)
    page.locator("#document", has_text="Scheduled").wait_for()
    assert page.locator("#steps .now").inner_text().startswith("Approved by its tenants")
    page.get_by_role("tab", name="web-1").click()
    page.get_by_role("button", name="Approve the Freeze as web-1").click()
    page.locator("#document", has_text="Started").wait_for()
    page.locator("#steps .now", has_text="The VMs are paused").wait_for()
    page.locator("#steps .done", has_text="The VMs are paused").wait_for()
    assert page.get_by_role("button", name="Approve").count() == 0
    page.close()


def test_each_vm_has_its_own_view(browser: Browser, play: Play) -> None:
    """Another tenant's VM reads nothing of it."""
    page = _opened(browser, play)
    page.locator("#document", has_text="Freeze").wait_for()
    page.get_by_role("tab", name="other-0").click()
    page.locator("#whose", has_text="other-0 belongs to other-0").wait_for()
    assert "Freeze" not in page.locator("#document").inner_text()
    assert page.get_by_role("tab", name="other-0").get_attribute("aria-selected") == "true"
    page.close()


def test_loads_nothing_from_elsewhere_and_complains_of_nothing(
    browser: Browser, play: Play
) -> None:
    """It works on a machine without a network."""
    page = browser.new_page()
    asked: list[str] = []
    troubles: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(play.page_url)
    page.locator("#document", has_text="DocumentIncarnation").wait_for()
    assert asked
    assert all(url.startswith(f"{play.origin}/playground/") for url in asked)
    assert troubles == []
    page.close()


def test_says_when_the_service_is_gone(browser: Browser, play: Play) -> None:
    """Instead of showing what may not be so any more."""
    page = _opened(browser, play)
    page.route("**/now", lambda route: route.abort())
    page.get_by_role("alert").wait_for()
    assert "does not answer" in page.get_by_role("alert").inner_text()
    page.close()
