"""What is made before the doors open: tokens, paired links, a hub whose devices answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.access import Tokens
from hub.config import HallConfig
from hub.demo.floor import CITIZENS, CLERKS
from hub.demo.folder import Folder
from hub.demo.http import Http
from hub.demo.screen import Links
from hub.demo.town import Town
from hub.eventlog import Database
from hub.wiring import Hub

DEVICES_S: Final = 5.0
"""Real seconds for printers and signs to answer."""
CODE_USES: Final = 100_000
CODE_LIFE_S: Final = 10 * 365 * 86400
ROLES: Final = {
    "device": "device",
    "clerk": "clerk",
    "manager": "manager",
    "inspector": "inspector",
    "inspector2": "inspector",
    "admin": "admin",
}
"""The tokens of demo.json (interfaces.md) and their roles."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Tokens and pairing codes of one demo."""

    told: dict[str, str]
    kiosk: str
    page: str
    codes: dict[str, str]


def make_keys(config: HallConfig) -> Keys:
    """New tokens and codes in the hall's book. Blocks."""
    database = Database.of(config)
    try:
        book = Tokens(database)
        roles = {"kiosk": "device", "wall": "device", "caller": "clerk", "inspector": "inspector"}
        return Keys(
            told={name: book.create(f"demo-{name}", role) for name, role in ROLES.items()},
            kiosk=book.create(CITIZENS, "device"),
            page=book.create(CLERKS, "clerk"),
            codes={
                page: book.create_code(f"{page}-page", role, uses=CODE_USES, life_s=CODE_LIFE_S)
                for page, role in roles.items()
            },
        )
    finally:
        database.close()


def make_links(url: str, codes: Mapping[str, str], folder: Folder, town: Town) -> Links:
    """The pages, each with its pairing code; the last window's page is the one to sit down at."""
    kiosk, caller_window = town.kiosks[0], town.windows[-1].number
    return Links(
        kiosk=f"{url}/kiosk?kiosk={kiosk}#pair={codes['kiosk']}",
        wall=f"{url}/wall#pair={codes['wall']}",
        caller=f"{url}/caller#pair={codes['caller']}&window={caller_window}",
        inspector=f"{url}/inspector#pair={codes['inspector']}",
        docs=f"{url}/docs",
        told=_short(folder.told),
    )


def _short(path: Path) -> str:
    """The shorter way to say it."""
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


async def until_ready(hub: Hub, http: Http) -> None:
    """Wait until pages are served, and until printers and signs answer or have had their time."""
    await http.get("/healthz")
    answering = asyncio.Event()

    def look() -> None:
        # A keypad can't be asked: it is unknown until its first press.
        states = [item.state for item in hub.devices.items() if not item.driver.startswith("keypad.")]
        if all(state in {"ok", "degraded"} for state in states):
            answering.set()

    end = hub.devices.watch(look)
    look()
    with suppress(TimeoutError):
        await asyncio.wait_for(answering.wait(), DEVICES_S)
    end()
