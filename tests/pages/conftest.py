"""One Chromium for all page tests, in a thread of its own.

Playwright's sync API keeps an event loop running in its thread; asyncio tests of the same session must not meet it.
So fixtures that touch the browser, and the tests themselves, run in `_THREAD`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.pages.fake_hub import FakeHub

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="browser")
# As root a browser needs --no-sandbox; the rest keeps it from calling home.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Page]

pytest.register_assert_rewrite("tests.pages.looking")  # a page that fails says what is wrong with it


def pass_time(page: Page, most_s: int, until: Callable[[], bool]) -> None:
    """Let up to `most_s` of the page's clock pass, with a moment of real time for the network in each half second."""
    for _ in range(2 * most_s):
        if until():
            return
        page.clock.run_for(500)
        page.wait_for_timeout(15)
    assert until(), f"did not happen within {most_s} s"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if "open_page" not in pyfuncitem.fixturenames:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    _THREAD.submit(pyfuncitem.obj, **given).result()
    return True


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("page tests need Debian's chromium: apt-get install chromium")
    playwright = _THREAD.submit(sync_playwright().start).result()
    browser = _THREAD.submit(playwright.chromium.launch, executable_path=chromium, args=_FLAGS).result()
    yield browser
    _THREAD.submit(browser.close).result()
    _THREAD.submit(playwright.stop).result()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub() as hub:
        yield hub


@pytest.fixture
def open_page(browser: Browser, hub: FakeHub) -> Iterator[OpenPage]:
    """Opens a page of the hub, paired if `pair` says so; afterwards, nothing may have gone wrong in it."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def heed(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(f"error in the page: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(hub.url) else None)

    def opened(
        path: str, size: tuple[int, int] = (1080, 1920), pair: str | None = None, clock: bool = False, **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        heed(page)
        if clock:
            page.clock.install()
        page.goto(hub.url + path + (f"#pair={pair}" if pair else ""))
        return page

    yield opened
    for context in contexts:
        _THREAD.submit(context.close).result()
    assert wrong == []
