"""`hallhub demo`: put the made-up hall together, play it, say how it ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.live import Live

from hub import wiring
from hub.clock import ScaledClock
from hub.config import load
from hub.demo.agenda import Agenda
from hub.demo.audit import Audit
from hub.demo.books import Books, write_csv
from hub.demo.days import Days, starts_ms, working_days
from hub.demo.floor import Floor, Tools
from hub.demo.folder import Folder
from hub.demo.halltoml import hall_toml
from hub.demo.hardware import Hardware, plugged
from hub.demo.http import Http
from hub.demo.hublog import log_into
from hub.demo.opening import Keys, make_keys, make_links, until_ready
from hub.demo.screen import Links, Scene, Screen
from hub.demo.story import Story
from hub.demo.summary import Ending, tell
from hub.demo.town import HALL_NAME, make_town
from hub.demo.witness import Witness
from hub.domain.state import Case
from hub.errors import HallhubError
from hub.eventlog import Database, DataLock
from hub.eventlog import verify as verify_log

READY_S: Final = 10.0
"""Real seconds for hub and devices to come up before the hall opens."""
DRAW_S: Final = 0.25
SAY_S: Final = 15.0
LAST_FRAMES_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    windows: int = 8
    speed: float = 60
    days: int = 1
    port: int = 8000
    data: Path = Path("demo-data")
    seed: int = 1
    headless: bool = False
    exit: bool = False
    """End after the days; else further days follow until it is stopped."""


class PortInUse(HallhubError):
    """The web port can't be had."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"端口 {port} 已被占用；请用 --port 另选一个，0 为任意空闲端口 (port in use; choose another, or 0)"
        )


def run(options: Options) -> bool:
    """Run the demo; whether the hub's log told what happened at the devices."""
    folder = Folder(options.data.absolute())
    folder.check()
    folder.make()
    console = Console()
    console.print("正在开门，请稍候… (opening the hall)", style="dim")
    with DataLock(folder.data, "demo"):
        folder.clean()
        with log_into(folder.log) as levels:
            show = _Show(options, folder, console)
            try:
                wiring.run_loop(show.play)
            except wiring.PortTaken:
                raise PortInUse(options.port) from None
        ending = show.ending(levels["error"] + levels["critical"])
    tell(ending, console)
    return ending.holds


class _Show:
    """One demo from its opening to its end."""

    def __init__(self, options: Options, folder: Folder, console: Console) -> None:
        self._options = options
        self._folder = folder
        self._console = console
        self._town = make_town(options.windows, options.seed)
        self._began = monotonic()
        self._books = Books()
        self._audit = Audit(tuple(window.number for window in self._town.windows))
        self._read_to = 0
        self._days_over = 0
        self._overruns = 0
        self._flags: tuple[Case, ...] = ()
        self._witness: Witness

    async def play(self) -> None:
        """Open the hall, play, close it."""
        options, folder = self._options, self._folder
        with plugged(self._town, folder.ports, speed=options.speed, seed=options.seed) as hardware:
            folder.config.write_text(hall_toml(self._town, hardware.ports, options.port), encoding="utf-8")
            config = load(folder.config)
            self._witness = Witness(hardware.truth)
            first_ms = starts_ms(next(working_days(config.setup().calendar)), config.hall.zone)
            # The hub needs a moment to come up, in which the hall's clock runs already: it then jumps to the opening.
            clock = ScaledClock(options.speed, first_ms - int(READY_S * options.speed * 1000))
            keys = await asyncio.to_thread(make_keys, config)
            async with wiring.serving(config, clock) as (hub, server):
                await self._open(hub, server, clock, hardware, keys)
            self._overruns = hardware.overruns

    def ending(self, errors: int) -> Ending:
        """How it ended; with `--exit` the log's chain is checked too."""
        verdict = None
        if self._options.exit:
            self._console.print("正在核对事件日志… (checking the log's chain)", style="dim")
            database = Database.of(load(self._folder.config))
            verdict = verify_log(database)
            database.close()
        write_csv(self._books, self._town, self._folder.summary)
        return Ending(
            town=self._town,
            folder=self._folder,
            days=self._days_over,
            real_s=monotonic() - self._began,
            books=self._books,
            audit=self._audit,
            witness=self._witness,
            verdict=verdict,
            errors=errors,
            overruns=self._overruns,
            flags=self._flags,
        )

    # --- while it runs --------------------------------------------------------------------------------------------

    async def _open(
        self, hub: wiring.Hub, server: asyncio.Task[None], clock: ScaledClock, hardware: Hardware, keys: Keys
    ) -> None:
        async with AsyncExitStack() as clients:
            kiosk, page, phone = [
                await clients.enter_async_context(Http(hub.url, token)) for token in (keys.kiosk, keys.page, None)
            ]
            floor = Floor(self._town, hub, Agenda(clock), Tools(kiosk, page, phone, hardware, self._witness))
            await until_ready(hub, phone)
            links = make_links(hub.url, keys.codes, self._folder, self._town)
            told = {"kiosk": links.kiosk, "wall": links.wall, "caller": links.caller, "inspector": links.inspector}
            self._folder.tell(hub.url, keys.told, told)
            close = floor.open()
            try:
                await self._play_until_told(hub, server, floor, links)
            finally:
                close()
            await asyncio.sleep(LAST_FRAMES_S)
            await self._settle_accounts(hub)

    async def _play_until_told(self, hub: wiring.Hub, server: asyncio.Task[None], floor: Floor, links: Links) -> None:
        """Until the days are over, or somebody stops it."""
        options = self._options
        zone = hub.hall.zone
        days = Days(floor, hub.hall.setup.calendar, zone, options.seed)

        async def over(_day: int) -> None:
            await hub.watch.close_day()
            await self._settle_accounts(hub)
            self._days_over += 1

        live_books = Books()
        story = Story(self._town, hub.shown.state, zone)
        scene = Scene(
            title=f"{HALL_NAME} · 演示 demo",
            town=self._town,
            state=hub.shown.state,
            books=live_books,
            news=story.sentences,
            links=links,
            speed=options.speed,
            now=lambda: datetime.fromtimestamp(hub.bus.clock.wall_ms() / 1000, zone),
            caller_window=len(self._town.windows),
            has_visitor=floor.has_visitor,
        )
        hub.shown.watch(live_books.add_all)
        hub.shown.watch(story.see)
        with _stopped_by_signals() as stopped:
            async with asyncio.TaskGroup() as tasks:
                playing = tasks.create_task(days.play(options.days if options.exit else None, over), name="days")
                showing = tasks.create_task(self._show(scene), name="screen")
                stopping = tasks.create_task(stopped.wait(), name="stop")
                await asyncio.wait({playing, server, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in (playing, showing, stopping):
                    task.cancel()
            await days.drain()

    async def _settle_accounts(self, hub: wiring.Hub) -> None:
        """Read what the hub has on disk since the last time, and compare it with what happened at the devices."""
        happened = self._witness.news()
        self._flags = tuple(hub.judging.cases())
        facts = await asyncio.to_thread(lambda: list(hub.bus.log.replay(self._read_to)))
        if facts:
            self._read_to = facts[-1].seq
        self._books.add_all(facts)
        self._audit.compare(happened, facts)

    # --- what is seen ---------------------------------------------------------------------------------------------

    async def _show(self, scene: Scene) -> None:
        if self._options.headless or not self._console.is_terminal:
            await self._say_lines(scene)
        else:
            await self._draw(scene)

    async def _draw(self, scene: Scene) -> None:
        with Live(Screen(scene), console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                live.refresh()
                await asyncio.sleep(DRAW_S)

    async def _say_lines(self, scene: Scene) -> None:
        console, links, books = self._console, scene.links, scene.books
        for what, link in (
            ("取号机 kiosk", links.kiosk),
            ("大屏 wall", links.wall),
            (f"{scene.caller_window}号窗口 caller", links.caller),
            ("核查 inspector", links.inspector),
            ("接口 API", links.docs),
            ("令牌与链接 tokens and links", links.told),
        ):
            console.print(f"{what}: {link}", soft_wrap=True, highlight=False)
        console.print("按 Ctrl-C 停止 (Ctrl-C stops)", soft_wrap=True)
        while True:
            await asyncio.sleep(SAY_S)
            waiting = sum(len(queue) for queue in scene.state.queues.values())
            console.print(
                f"{scene.now():%Y-%m-%d %H:%M} 取号 {books.issued} tickets · 等候 {waiting} waiting · "
                f"办结 {books.finished} done · 评价 {books.rated} rated",
                soft_wrap=True,
                highlight=False,
            )


@contextmanager
def _stopped_by_signals() -> Iterator[asyncio.Event]:
    """SIGINT and SIGTERM set it; they would stop the web server, but there is more to end here."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        with suppress(ValueError, RuntimeError):  # not in the main thread: whoever runs it stops it
            loop.add_signal_handler(number, stopped.set)
    yield stopped
