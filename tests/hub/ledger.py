"""A hall without a disk: facts are numbered, stamped and folded, and that is all."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.domain import events as e
from hub.domain import queueing, verbs
from hub.domain.model import Clerk, Service, Setup, WindowSetup
from hub.domain.state import HallState, Ticket

MORNING_MS = 1_790_816_400_000  # 2026-10-01 09:00 in Asia/Shanghai
DAY = "2026-10-01"

SETUP = Setup(
    name="示范县政务服务中心",
    services={
        "social": Service("social", "社会保险", "A"),
        "tax": Service("tax", "税务", "B"),
        "land": Service("land", "不动产", "C", typical_s=600),
    },
    windows={
        1: WindowSetup(1, "社保综合", "人社局", ("social",), clerk="1001", transfer_to=2),
        2: WindowSetup(2, "综合", "行政审批局", ("tax", "social"), clerk="1002"),
        3: WindowSetup(3, "不动产", "自然资源局", ("land",)),
    },
    clerks={"1001": Clerk("1001", "张三"), "1002": Clerk("1002", "李四"), "1003": Clerk("1003", "王五", pin="2468")},
    kiosks=("K1",),
)


@dataclass
class Ledger:
    """Publishes facts into a state; time moves only by `wait`."""

    setup: Setup = SETUP
    state: HallState = field(default_factory=HallState)
    wall_ms: int = MORNING_MS
    mono_ns: int = 10**12
    log: list[e.Recorded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add(e.HubStarted("boot-1", "0"), e.DayStarted(DAY))

    @property
    def now(self) -> e.Stamp:
        return e.Stamp(self.wall_ms, self.mono_ns)

    def wait(self, seconds: float) -> None:
        self.wall_ms += round(seconds * 1000)
        self.mono_ns += round(seconds * 1e9)

    def add(self, *facts: e.Fact) -> None:
        for fact in facts:
            recorded = e.Recorded(self.state.seq + 1, self.now, fact)
            self.log.append(recorded)
            self.state.apply(recorded)

    def issue(self, service: str, priority: str | None = None) -> str:
        """Issue a ticket and return its number, which is its id here too."""
        day = self.state.day
        number = queueing.next_number(self.state, self.setup.services[service], day)
        assert number is not None
        self.add(
            e.TicketIssued(
                ticket=number.text,
                number=number.text,
                service=service,
                day=day,
                count=number.count,
                priority=priority,
                kiosk=None,
                code=f"code-{number.text}",
                ahead=0,
                estimate_s=0,
                by="test",
            )
        )
        return number.text

    def issue_many(self, service: str, count: int) -> list[str]:
        return [self.issue(service) for _ in range(count)]

    def open(self, *windows: int) -> None:
        for number in windows:
            self.add(*verbs.sign_on(self.desk(number), f"100{number}"))

    def desk(self, window: int) -> verbs.Desk:
        return verbs.Desk(self.state, self.setup, self.state.window(window), "test", self.now)

    def ticket(self, number: str) -> Ticket:
        return self.state.tickets[number]

    def next(self, window: int) -> str | None:
        """Call the next one, and let nobody come, so that the window is idle again."""
        called = self.call(window)
        if called is not None:
            self.add(*verbs.miss(self.desk(window)))
        return called

    def call(self, window: int) -> str | None:
        facts = verbs.call_next(self.desk(window))
        self.add(*facts)
        return self.state.window(window).ticket if facts else None

    def give_back(self, number: str) -> None:
        self.add(*verbs.give_back(self.state, self.setup, self.ticket(number), "test"))

    def queue(self, service: str) -> list[str]:
        return [ticket.number for ticket in self.state.waiting(service)]

    def refold(self) -> HallState:
        """The state from scratch."""
        state = HallState()
        for recorded in self.log:
            state.apply(recorded)
        return state
