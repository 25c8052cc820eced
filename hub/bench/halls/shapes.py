"""What kinds of halls there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

CRUDE: Final = ("idle", "fast", "batch", "ghost", "overwrite", "preempt")
SUBTLE: Final = ("bot", "shield", "after_leave", "mimic")
INVENTED: Final = ("on_off", "mixed", "near_top", "before_call", "morning", "quarter_end")
RESERVED: Final = ("phone_busy", "lunch", "short", "spread", "asked", "copy", "creep", "repair")
OTHER_SIDE: Final = ("uninvited", "miscoded", "unplugged")


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of hall: seconds; `logit` values in log odds, `spread` their standard deviation among clerks."""

    windows: int = 16
    spare_clerks: int = 4  # they stand in for others
    days: int = 63
    levels: int = 5
    visits: float = 32.0  # a window and day
    services: int = 6
    rate_logit: float = 2.2
    rate_spread: float = 0.5
    rate_drift: float = 0.15  # a week
    top_logit: float = 1.3
    top_spread: float = 0.35
    delay_s: float = 5.0
    delay_family: str = "lognormal"  # or gamma, weibull, mixed
    delay_spread: float = 0.25
    stays_s: float = 5.0  # how long somebody who does not rate stays
    invite_s: float = 30.0
    early: float = 0.03  # presses before the finish
    late_finishers: float = 0.06  # share of clerks with six times as many
    helped: float = 0.04  # citizens who ask the clerk to press
    helpers: float = 0.06  # share of clerks who help four times as many
    declared: float = 0.4
    strays_hour: float = 0.04  # presses by children and passers-by
    playgrounds: float = 0.08  # share of windows with eight times as many
    several: float = 0.05  # citizens with several matters
    corrected: float = 0.006
    doubled_key: float = 0.03
    missed: float = 0.04
    campaign_day: int | None = None
    newcomers: float = 0.0  # share of clerks who begin in mid-quarter
    part_time: float = 0.0  # share of clerks who work every other day
    swaps: float = 0.02  # chance that a window changes its clerk at noon
    lost: float = 0.002  # share of lines
    repeated: float = 0.001
    late_lines: float = 0.001
    skew_ms: float = 0.0  # a clock that steps so far, both ways, on some days
    offline: float = 0.05  # windows and days on which the keypad goes away
    stuck: float = 0.002  # windows and days on which a key hangs
    swapped: bool = False  # two keypads change places in mid-quarter
    unknown_services: bool = False
    first_day: str | None = "2026-10-05"
    wings: bool = False  # one half invites seldom, the other ends the ticket long after the invite
    bunch_s: float = 0.0  # a line that now and then holds its presses so long and delivers them at once
    surge: float = 1.0  # visits in the middle third of the quarter, times
    bad_days: float = 0.0  # share of days on which everybody in the hall is angry
    apprentices: float = 0.0  # share of clerks whose login somebody else uses too, at a window of their own
    relocated: bool = False  # all windows get other numbers and clerks other places in mid-quarter
    service_rates: tuple[float, ...] = ()  # log odds by service; windows keep to one service
    cheats: float = 0.12
    strategies: tuple[str, ...] = (*CRUDE, *SUBTLE, *INVENTED[:3])


ORDINARY: Final = Shape()
DEVELOPMENT: Final[dict[str, Shape]] = {
    "ordinary": ORDINARY,
    "gamma": replace(ORDINARY, delay_family="gamma", delay_s=7.0),
    "quiet": replace(ORDINARY, rate_logit=-0.4, rate_spread=0.8),
    "helpful": replace(ORDINARY, helped=0.1, helpers=0.2, late_finishers=0.15, playgrounds=0.2),
    "campaign": replace(ORDINARY, campaign_day=30),
    "small": replace(ORDINARY, windows=5, spare_clerks=2, visits=25),
    "three_keys": replace(ORDINARY, levels=3, top_logit=2.0),
    "rough": replace(ORDINARY, lost=0.02, repeated=0.01, late_lines=0.01, skew_ms=90_000, offline=0.2, stuck=0.02),
    "rotating": replace(ORDINARY, spare_clerks=12, part_time=0.4, newcomers=0.2, swaps=0.2),
}
UNSEEN: Final[dict[str, Shape]] = {
    "ordinary": replace(ORDINARY, windows=20, spare_clerks=5, rate_logit=1.7, delay_s=6.0, stays_s=7.0),
    "weibull": replace(ORDINARY, delay_family="weibull", delay_s=9.0, rate_logit=1.0),
    "mixed_delays": replace(ORDINARY, delay_family="mixed", delay_spread=0.5),
    "two_keys": replace(ORDINARY, levels=2, top_logit=2.4, services=1),
    "drifting": replace(ORDINARY, rate_drift=0.35, rate_spread=0.7),
    "loud": replace(ORDINARY, rate_logit=3.6, top_logit=2.6),
    "children": replace(ORDINARY, strays_hour=0.12, playgrounds=0.35, corrected=0.02),
    "torn": replace(ORDINARY, lost=0.04, late_lines=0.02, skew_ms=400_000, offline=0.35, stuck=0.04, swapped=True),
    "large": replace(ORDINARY, windows=60, spare_clerks=15, days=30, swaps=0.1),
    "corrupt": replace(ORDINARY, cheats=0.5, strategies=("idle", "fast", "preempt", "overwrite", "mimic")),
    "inventive": replace(ORDINARY, strategies=(*INVENTED, "shield", "bot"), cheats=0.2),
    "nameless": replace(ORDINARY, unknown_services=True, first_day=None, newcomers=0.3, part_time=0.3),
}
KEPT: Final = replace(ORDINARY, cheats=0.2, strategies=(*RESERVED, "after_leave", "overwrite"))
RESERVE: Final[dict[str, Shape]] = {
    "four_keys": replace(KEPT, levels=4, delay_family="gamma", delay_s=3.5, rate_logit=1.2, visits=26.0),
    "wings": replace(KEPT, wings=True),
    "bunched": replace(KEPT, bunch_s=25.0),
    "surge": replace(KEPT, surge=2.0, spare_clerks=6),
    "bad_days": replace(KEPT, bad_days=0.12),
    "apprentices": replace(KEPT, apprentices=0.25),
    "relocated": replace(KEPT, relocated=True, swaps=0.1),
    "specialised": replace(KEPT, service_rates=(-1.5, -0.7, 0.0, 0.3, 0.6, 1.0)),
}
SETS: Final = {"development": DEVELOPMENT, "unseen": UNSEEN, "reserve": RESERVE}
