"""What people do with flags: each step is checked (`hub.domain.judgement`), published, answered when it is durable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

import msgspec
import structlog

from hub.bus import Bus
from hub.domain import events as e
from hub.domain import judgement
from hub.domain.judgement import CaseDays
from hub.domain.state import Case
from hub.errors import BadValue, NotFound, StateForbids, StorageFull
from hub.hall import Hall

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One fact of a case's history, for people."""

    seq: int
    at_ms: int
    fact: e.Fact


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a detector's statement, what a list tells."""

    rows: tuple[str, ...]
    """Counts to check, in Chinese."""
    version: str
    clerks: int
    """Weighed beside this one."""


class Judging:
    """The road from a flag to a finding."""

    def __init__(self, hall: Hall, bus: Bus) -> None:
        self._hall = hall
        self._bus = bus
        self._summaries: dict[str, Summary] = {}

    # --- the machine --------------------------------------------------------------------------------------------------

    def raise_flag(self, statement: dict[str, Any], quarter: str) -> str | None:
        """Store the detector's statement (`hub.selfpress.Flag.payload`); None where the quarter has it already.

        What counts as said already is `hub.domain.judgement.is_said_already`.
        """
        clerk, tier, pattern = (str(statement[name]) for name in ("clerk", "tier", "pattern"))
        if judgement.is_said_already(self._hall.state.cases.values(), clerk, quarter, pattern, tier):
            return None
        suspects, visits = statement["suspects"], statement.get("visits", [])
        flag = f"f{self._bus.last_seq + 1}"
        fact = e.FlagRaised(
            flag=flag,
            clerk=clerk,
            window=_window([*suspects, *visits]),
            pattern=pattern,
            tier=tier,
            strength_centi=round(float(statement["log10_lr"]) * 100),
            quarter=quarter,
            version=str(statement["version"]),
            input_hash=str(statement["input_hash"]),
            presses=tuple(str(press["press"]) for press in suspects),
            evidence=msgspec.json.encode(statement).decode(),
            visits=tuple(str(visit["ticket"]) for visit in visits),
        )
        self._bus.publish(fact)
        return flag

    # --- people -------------------------------------------------------------------------------------------------------

    async def assign(self, flag: str, to: str, *, by: str) -> Case:
        """Somebody is to look into it."""
        return await self._step(flag, by, lambda case: judgement.assign(case, self._apart(case, to), by))

    async def call_back(self, flag: str, press: str, outcome: str, note: str | None = None, *, by: str) -> Case:
        """What a citizen said."""
        return await self._step(
            flag, by, lambda case: judgement.call_back(case, press, outcome, self._apart(case, by), note)
        )

    async def give_statement(self, flag: str, text: str, *, by: str) -> Case:
        """The clerk's own words."""
        return await self._step(flag, by, lambda case: judgement.give_statement(case, text, by))

    async def note(self, flag: str, text: str, *, by: str) -> Case:
        """What the camera showed."""
        return await self._step(flag, by, lambda case: judgement.note(case, text, self._apart(case, by)))

    async def decide(
        self,
        flag: str,
        decision: str,
        reason: str,
        habit: str | None = None,
        presses: Sequence[str] | None = None,
        *,
        by: str,
    ) -> Case:
        """One person's decision; `presses`: which of them a confirmation is about."""
        finding = f"d{self._bus.last_seq + 2}"
        return await self._step(
            flag,
            by,
            lambda case: judgement.decide(case, decision, reason, self._apart(case, by), finding, habit, presses),
        )

    async def second(self, flag: str, *, by: str) -> Case:
        """Another person's confirmation."""
        finding = f"d{self._bus.last_seq + 2}"
        return await self._step(flag, by, lambda case: judgement.second(case, self._apart(case, by), finding))

    async def send_back(self, flag: str, reason: str, *, by: str) -> Case:
        """A confirmation is withdrawn, or not agreed with."""
        return await self._step(flag, by, lambda case: judgement.send_back(case, reason, self._apart(case, by)))

    async def appeal(self, flag: str, reason: str, *, by: str) -> Case:
        """The clerk concerned appeals."""
        hall = self._hall

        def facts(case: Case) -> list[e.Fact]:
            decided = hall.day_of(case.decided_ms or 0)
            return judgement.appeal(case, reason, by, hall.today(), decided, hall.setup.calendar)

        return await self._step(flag, by, facts)

    async def decide_appeal(self, flag: str, outcome: str, reason: str, *, by: str) -> Case:
        """Somebody else decides the appeal."""
        return await self._step(
            flag, by, lambda case: judgement.decide_appeal(case, outcome, reason, self._apart(case, by))
        )

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> tzinfo:
        """The hall's time zone."""
        return self._hall.zone

    def clerk_name(self, clerk: str) -> str | None:
        """A clerk's name, where one is set."""
        found = self._hall.setup.clerks.get(clerk)
        return found.name if found is not None else None

    def habits(self, clerk: str) -> tuple[str, ...]:
        """What dismissals said of a clerk's ways."""
        return tuple(self._hall.state.habits.get(clerk, ()))

    def cases(self) -> list[Case]:
        """All flags, the newest first."""
        return sorted(self._hall.state.cases.values(), key=lambda case: -case.seq)

    def case(self, flag: str) -> Case:
        """One flag; NotFound."""
        found = self._hall.state.cases.get(flag)
        if found is None:
            raise NotFound("flag", flag)
        return found

    def is_concerned(self, case: Case, name: str) -> bool:
        """Whether a token's name is surely that of the clerk concerned: their number, or a name nobody else has."""
        namesakes = [clerk.id for clerk in self._hall.setup.clerks.values() if clerk.name == name]
        return name == case.clerk or namesakes == [case.clerk]

    def deadline(self, case: Case) -> date | None:
        """The last day for the next step."""
        return judgement.deadline(case, self._hall.setup.calendar, self._days(case))

    def overdue(self, case: Case) -> int:
        """Working days since the last day for a step that people owe; 0 where none is late."""
        return judgement.overdue(case, self._hall.setup.calendar, self._days(case), self._hall.today())

    def tell_overdue(self) -> None:
        """A log line for each case that is late: its number and state, no names."""
        for case in self.cases():
            late = self.overdue(case)
            if late:
                _log.warning("flag.overdue", flag=case.flag, state=case.state, working_days=late)

    def stands(self, case: Case) -> bool:
        """Whether the award rules may know of it."""
        decided = self._days(case).decided
        return judgement.stands(case, decided, self._hall.today(), self._hall.setup.calendar)

    def statement(self, case: Case) -> dict[str, Any]:
        """The detector's statement. Blocks while it reads."""
        for recorded in self._bus.log.read(case.seq - 1, 1):
            if isinstance(recorded.fact, e.FlagRaised):
                return dict(msgspec.json.decode(recorded.fact.evidence))
        return {}

    def summary(self, case: Case) -> Summary:
        """What a list tells of the statement. Blocks when first asked."""
        found = self._summaries.get(case.flag)
        if found is None:
            statement = self.statement(case)
            rows = tuple(str(row["zh"]) for row in statement.get("rows", ()))
            found = Summary(rows, str(statement.get("version", "")), int(statement.get("clerks", 0)))
            self._summaries[case.flag] = found
        return found

    def history(self, case: Case) -> list[Step]:
        """Every step of a case, oldest first. Blocks while it reads."""
        kinds = tuple(kind.kind for kind in STEPS)
        steps = []
        for recorded in self._bus.log.replay(case.seq - 1, kinds=kinds):
            flag, finding = getattr(recorded.fact, "flag", None), getattr(recorded.fact, "finding", None)
            if flag == case.flag or (finding is not None and finding == case.finding):
                steps.append(Step(recorded.seq, recorded.stamp.wall_ms, recorded.fact))
        return steps

    # --- inside -------------------------------------------------------------------------------------------------------

    async def _step(self, flag: str, by: str, facts: Callable[[Case], list[e.Fact]]) -> Case:
        if not by:
            raise BadValue("by", "姓名 (a name)", by)
        self._hall.settle()
        case = self.case(flag)
        if not await self._bus.stored(self._bus.publish(*facts(case))):
            raise StorageFull(self._bus.trouble or "")
        return self.case(flag)

    def _apart(self, case: Case, name: str) -> str:
        if name in {case.clerk, self.clerk_name(case.clerk)}:  # a namesake too: nobody can tell from outside
            raise StateForbids("judge", case.state, "当事人不能参与核查 (the clerk concerned can't take part)")
        return name

    def _days(self, case: Case) -> CaseDays:
        day_of = self._hall.day_of
        return CaseDays(
            day_of(case.raised_ms),
            None if case.decided_ms is None else day_of(case.decided_ms),
            None if case.appealed_ms is None else day_of(case.appealed_ms),
        )


STEPS: tuple[type[e.Fact], ...] = (
    e.FlagRaised,
    e.FlagAssigned,
    e.FlagCalledBack,
    e.FlagStated,
    e.FlagNoted,
    e.FlagDecided,
    e.FlagSeconded,
    e.FlagReturned,
    e.FindingRecorded,
    e.FindingAppealed,
    e.AppealDecided,
)


def _window(suspects: list[dict[str, Any]]) -> int | None:
    """The window at which most of the presses were made, or visits served."""
    windows = [press["window"] for press in suspects if isinstance(press["window"], int)]
    return max(set(windows), key=windows.count) if windows else None
