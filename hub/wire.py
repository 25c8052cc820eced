"""The shapes of HTTP and live, as interfaces.md has them; shared by the hub and its clients.

They are plain frozen dataclasses: msgspec encodes and decodes them, FastAPI documents them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated, Final, Literal

from pydantic import Field

from hub.domain.model import CaseState, Disposition, Source, TicketState, WindowState

API: Final = "/api/v1"
LIVE_FRAME_MOST: Final = 64 * 1024
"""Bytes of a client's frame on `/live`; a larger one closes 1009 (interfaces.md)."""
PING_S: Final = 10.0
"""Between pings on `/live` (interfaces.md)."""

DeviceState = Literal["ok", "degraded", "absent", "unknown"]

Time = Annotated[
    str,
    Field(
        description="RFC 3339，带大厅时区偏移 (with the hall's offset)",
        examples=["2026-11-25T09:30:00.000+08:00"],
        json_schema_extra={"format": "date-time"},
    ),
]
Id = Annotated[str, Field(description="永久唯一的编号 (unique for ever)")]
Printed = Annotated[str, Field(description="号票上印的号码，当日唯一 (unique within the day)", examples=["A012"])]
Seconds = Annotated[int, Field(description="秒 (seconds)")]


def rfc3339(wall_ms: int, zone: tzinfo) -> str:
    """A time as the API writes it."""
    return datetime.fromtimestamp(wall_ms / 1000, zone).isoformat(timespec="milliseconds")


# --- tickets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """新号票 (a new ticket)."""

    id: Id
    number: Printed
    service: str
    ahead: Annotated[int, Field(description="前面等候人数 (tickets before it)")]
    estimate_s: Seconds
    issued_at: Time
    link: Annotated[str, Field(description="号票二维码的网址 (what the slip's QR says)")]
    windows: Annotated[tuple[int, ...], Field(description="办理该业务的窗口 (windows that serve it)")]
    slip: Annotated[
        bool, Field(description="取号机会出纸，不知其缺纸 (a printer serves the kiosk, not known to be out)")
    ]
    rating_code: Annotated[
        str | None, Field(description="评价码：仅给不出纸的取号机显示 (only for the screen of a kiosk without paper)")
    ] = None


@dataclass(frozen=True, slots=True)
class TicketItem:
    """号票现状 (a ticket as it stands)."""

    id: Id
    number: Printed
    service: str
    state: TicketState
    window: int | None
    recalls: Annotated[int, Field(description="重呼次数 (times recalled)")]


@dataclass(frozen=True, slots=True)
class PendingTicket(TicketItem):
    """已办，但磁盘拒写，尚未保存 (done from memory; the disk refuses)."""

    stored: Literal[False] = False


# --- board -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallItem:
    """一次叫号 (a call)."""

    number: Printed
    window: int
    at: Time
    recalls: int


@dataclass(frozen=True, slots=True)
class ServiceWait:
    """业务等候情况 (a service's queue)."""

    code: str
    name: str
    waiting: Annotated[int, Field(description="等候人数，精确 (exact)")]
    estimate_s: Seconds


@dataclass(frozen=True, slots=True)
class BoardWindow:
    """综合屏上的窗口 (a window on the wall)."""

    number: int
    name: str
    state: WindowState
    ticket: Printed | None
    clerk: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """综合屏 (the wall)."""

    calls: Annotated[tuple[CallItem, ...], Field(description="最近的叫号，新的在前 (latest first)")]
    services: tuple[ServiceWait, ...]
    windows: tuple[BoardWindow, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardMessage:
    """`/board` 和 `/live?topic=board` 的消息 (the same message on both)."""

    seq: int
    topic: Literal["board"]
    board: Board


# --- windows and devices ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketRef:
    """号票的编号和号码 (a ticket's id and number)."""

    id: Id
    number: Printed


@dataclass(frozen=True, slots=True)
class NextTicket:
    """将要叫到的号票 (who is next)."""

    id: Id
    number: Printed
    service: str
    priority: str | None


@dataclass(frozen=True, slots=True)
class WindowDevice:
    """窗口的一个设备 (a device of the window)."""

    id: str
    state: DeviceState
    maintenance: Annotated[bool, Field(description="维护或演练中，按键不计 (its presses are tests)")] = False


@dataclass(frozen=True, slots=True)
class WindowItem:
    """窗口现状 (a window as it stands)."""

    number: int
    name: str
    department: str
    state: WindowState
    ticket: Printed | None
    ticket_id: Id | None
    service: str | None
    recalls: int
    clerk: str | None
    clerk_name: str | None
    since: Time | None
    reason: Annotated[str | None, Field(description="暂停事由 (why it is paused)")]
    held: tuple[TicketRef, ...]
    missed: tuple[TicketRef, ...]
    waiting: Annotated[int, Field(description="本窗口可叫的等候人数 (waiting tickets that it may call)")]
    next: Annotated[tuple[NextTicket, ...], Field(description="接下来的至多 8 张 (the next 8 at most)")]
    invite_until: Annotated[int | None, Field(description="评价截止，1970 年起的毫秒 (epoch milliseconds)")]
    devices: tuple[WindowDevice, ...]
    assisted_at: Annotated[
        Time | None, Field(description="本次办理声明协助评价的时间 (when help with the rating was declared)")
    ] = None


@dataclass(frozen=True, slots=True)
class PendingWindow(WindowItem):
    """已办，但磁盘拒写，尚未保存 (done from memory; the disk refuses)."""

    stored: Literal[False] = False


@dataclass(frozen=True, slots=True)
class MaintenanceItem:
    """维护或演练，按键不计评价 (presses are tests while it lasts)."""

    what: Annotated[str, Field(description="maintenance 维护，drill 演练")]
    windows: Annotated[tuple[int, ...], Field(description="空：设备的全部窗口 (none: all of the device)")]
    until: Annotated[Time | None, Field(description="到时自动结束 (ends by itself)")]
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DeviceItem:
    """设备现状 (a device as it stands); `ok` only while it answers."""

    id: str
    driver: str
    state: DeviceState
    since: Time
    detail: str
    windows: tuple[int, ...] = ()
    kiosk: str | None = None
    maintenance: tuple[MaintenanceItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """线路上的一帧 (what went over the wire)."""

    at: Time
    way: Annotated[Literal["in", "out"], Field(description="in: 设备发来; out: 发往设备 (from or to the device)")]
    raw: Annotated[str, Field(description="十六进制 (hex)")]
    meaning: Annotated[str, Field(description="含义 (what it says)")] = ""


@dataclass(frozen=True, slots=True)
class Tap:
    """设备最近的帧，旧的在前 (its latest frames, oldest first)."""

    device: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class DrillKey:
    """演练中的一个键 (one key of a drill)."""

    window: int | None
    key: int
    level: int | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Drill:
    """按键演练：请把每个键按一遍，按键不计评价 (presses are tests while it runs)."""

    device: str
    running: bool
    until: Time
    keys: tuple[DrillKey, ...]


# --- the hall --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HallService:
    """业务 (a service)."""

    code: str
    name: str
    prefix: str
    open: Annotated[bool, Field(description="今日还能取号 (tickets can be had today)")]
    reason: Annotated[str | None, Field(description="不能取号的原因 (why not)")]
    waiting: int
    estimate_s: Seconds


@dataclass(frozen=True, slots=True)
class HallWindow:
    """窗口的设置 (a window as set up)."""

    number: int
    name: str
    department: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """代码和名称 (code and name)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ClerkRef:
    """工作人员 (a clerk)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class HallItem:
    """大厅的设置 (the hall as set up)."""

    name: str
    timezone: str
    services: tuple[HallService, ...]
    windows: tuple[HallWindow, ...]
    priorities: tuple[Named, ...]
    pause_reasons: tuple[str, ...]
    kiosks: tuple[str, ...]
    role: Annotated[str, Field(description="本令牌的角色 (of the token that asks)")]
    clerks: Annotated[tuple[ClerkRef, ...] | None, Field(description="仅 clerk 和 manager 可见 (others: null)")]


# --- records ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PressItem:
    """一次按键 (a press); `ticket` is the visit it belongs to or came nearest to."""

    id: Id
    window: int | None
    device: str
    key: int
    level: int | None
    at: Time
    raw: Annotated[str, Field(description="原始帧，十六进制 (the frame, hex)")]
    ticket: str | None
    disposition: Annotated[Disposition | None, Field(description="null：尚未判定 (undecided)")]


@dataclass(frozen=True, slots=True)
class RatingItem:
    """一次有效评价 (a rating)."""

    id: Id
    press: Id
    ticket: Id
    window: int
    clerk: str
    level: Annotated[int, Field(ge=1, le=5)]
    source: Source
    at: Time


@dataclass(frozen=True, slots=True)
class CorrectionItem:
    """误评更正 (a corrected rating)."""

    rating: Id
    was: int
    level: int
    register: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class FindingItem:
    """查实结论 (a finding)."""

    id: Id
    kind: str
    status: str
    window: int | None
    clerk: str | None
    article: str
    note: str
    what: str | None
    half_days: int | None
    date: str | None


@dataclass(frozen=True, slots=True)
class PointsItem:
    """录入的得分 (points entered)."""

    sheet: str
    quarter: str
    subject: str
    section: str
    points: str
    note: str
    by: str
    stage: str


@dataclass(frozen=True, slots=True)
class SectionItem:
    """一项的得分及来源 (a section's points and where they come from)."""

    section: str
    full: str
    points: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """依据 (evidence)."""

    article: str
    event: str
    date: str
    note: str


@dataclass(frozen=True, slots=True)
class OpinionItem:
    """自评或互评 (what people think of themselves or of each other); counts nowhere."""

    stage: Annotated[str, Field(description="self 自评、mutual 互评")]
    section: str
    points: Annotated[str, Field(description="各人最后一次录入的平均 (the mean of each person's last)")]
    people: int


@dataclass(frozen=True, slots=True)
class StandingItem:
    """一个窗口或一名工作人员的季度考核 (one subject's quarter); shares are percentages, truncated."""

    subject: str
    name: str
    department: str
    finished: int
    rated: int
    satisfied: int
    absent: int
    outage: int
    struck: int
    corrected: int
    dissatisfied_confirmed: int
    rated_share: str
    satisfied_share: str
    total_points: str
    sections: tuple[SectionItem, ...]
    disqualified: bool
    reasons: tuple[str, ...]
    evidence: tuple[EvidenceItem, ...]
    rank: int | None
    award: str
    opinions: tuple[OpinionItem, ...]


@dataclass(frozen=True, slots=True)
class DecisionItem:
    """条文未规定处的决定 (a named decision)."""

    decision: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class QuarterReport:
    """季度考核 (a quarter's assessment), as it would close now."""

    quarter: str
    rules: str
    rules_version: int
    upto_seq: int
    as_of: Annotated[str, Field(description="截至哪天：季末，未结束时为今天 (the last day, or today while it runs)")]
    over: Annotated[bool, Field(description="季度已结束 (the quarter is over)")]
    windows: tuple[StandingItem, ...]
    clerks: tuple[StandingItem, ...]
    decisions: tuple[DecisionItem, ...]


@dataclass(frozen=True, slots=True)
class BadRatingItem:
    """差评 (a bad rating), without who rated."""

    rating: Id
    window: int
    clerk: str
    level: int
    day: str
    state: Literal["to_verify", "to_rectify", "to_call_back", "closed"]
    state_name: str
    due: Annotated[str, Field(description="办结期限 (the last day)")]
    overdue: Annotated[int, Field(ge=0, description="已逾期的工作日数 (working days late)")]
    verdict: Annotated[str | None, Field(description="founded、unfounded、unclear")]
    note: str
    rectified: str | None
    heard: Annotated[str | None, Field(description="content、not_content、unreached")]
    closed: str | None


@dataclass(frozen=True, slots=True)
class BadRatingPage:
    """一页 (a page)."""

    items: tuple[BadRatingItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ContactItem:
    """联系方式 (whom to call); null where none is kept."""

    rating: Id
    contact: str | None


@dataclass(frozen=True, slots=True)
class ComplaintItem:
    """投诉 (a complaint)."""

    complaint: Id
    channel: str
    channel_name: str
    day: str
    window: int | None
    clerk: str | None
    text: Annotated[str | None, Field(description="null：已按期清除 (erased in time)")]
    contact: Annotated[str | None, Field(description="仅 inspector 可见 (others: null)")]
    due: Annotated[str, Field(description="答复期限 (the last day to answer)")]
    overdue: Annotated[int, Field(ge=0)]
    answered: str | None
    verdict: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class ComplaintPage:
    """一页 (a page)."""

    items: tuple[ComplaintItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """一版改动 (what an edition says otherwise than the one before)."""

    sheet: Annotated[str, Field(description="window 或 clerk")]
    subject: str
    what: Annotated[str, Field(description="办结、评议率、满意率、总分、取消资格、名次、奖项")]
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class AwardItem:
    """获奖 (who was awarded)."""

    name: str
    department: str
    rank: int
    points: str


@dataclass(frozen=True, slots=True)
class DepartmentRates:
    """一个部门的两率 (a department's rates); percent with two decimals, truncated."""

    name: str
    finished: int
    rated_share: str | None
    satisfied_share: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """考核结果公示 (what is published of the last closed quarter); quarter null: nothing yet."""

    quarter: str | None
    title: str
    edition: int
    as_of: str
    rules_title: str
    window_award: str
    clerk_award: str
    windows: tuple[AwardItem, ...]
    clerks: tuple[AwardItem, ...]
    departments: tuple[DepartmentRates, ...]
    trouble: Annotated[str | None, Field(description="定稿不能按日志重做，所以不公示 (why nothing is published)")]


@dataclass(frozen=True, slots=True)
class EditionItem:
    """季度考核的一版定稿 (an edition of a quarter)."""

    quarter: str
    edition: int
    rules: str
    rules_version: int
    as_of: Annotated[str, Field(description="定稿日，申诉期按此日判断 (the day it was closed)")]
    upto_seq: int
    sha256: Annotated[str, Field(description="四个 CSV 表依次相接的 SHA-256 (of the four CSV tables)")]
    reason: str
    by: str
    verified: Annotated[bool, Field(description="按日志重算一致 (the log makes the same tables again)")]
    changes: tuple[ChangeItem, ...]


@dataclass(frozen=True, slots=True)
class Editions:
    """季度考核的定稿 (a quarter's editions)."""

    quarter: str
    pending: Annotated[tuple[str, ...], Field(description="未决事项 (what is not decided yet)")]
    items: tuple[EditionItem, ...]


@dataclass(frozen=True, slots=True)
class CaseItem:
    """办件 (a case) with its clock; days are ISO dates, terms working days."""

    case: Id
    case_kind: str
    kind_name: Annotated[str, Field(description="六件的名称，中文 (in Chinese)")]
    service: str
    service_name: str
    department: str
    window: int | None
    clerk: str | None
    clerk_name: str | None
    ticket: Id | None
    day: Annotated[str, Field(description="收件日期 (received)")]
    promised_days: int | None
    statutory_days: int | None
    green: Annotated[bool, Field(description="绿色通道：法定时限的一半以内 (half the statutory days)")]
    materials: Annotated[str | None, Field(description="补办件：材料补齐日期 (complete since)")]
    stopped: Annotated[str | None, Field(description="停钟的特别程序 (the special procedure that stops its clock)")]
    due: Annotated[str | None, Field(description="到期日；停钟、待补齐、无时限时为 null (the last day)")]
    estimated: Annotated[bool, Field(description="预估：该年节假日尚未公布 (holidays not announced yet)")]
    state: Literal["waiting", "stopped", "running", "soon", "today", "overdue", "closed"]
    state_name: str
    overdue: Annotated[int, Field(ge=0, description="超时的工作日数；0 为未超时 (working days late)")]
    closed: str | None
    outcome: Annotated[str | None, Field(description="done 办结、refused 不予批准、withdrawn 撤回")]
    used_days: Annotated[int | None, Field(description="实际用时，工作日 (working days it took)")]
    review: Annotated[str | None, Field(description="复核：asked、upheld、overturned (review)")]


@dataclass(frozen=True, slots=True)
class CasePage:
    """一页 (a page)."""

    items: tuple[CaseItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class RowFault:
    """一行的错误 (what is wrong with a row); the heads are line 1."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class CasesTaken:
    """导入的结果 (what became of a table)."""

    received: int
    updated: int
    unchanged: int
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class CaseBoard:
    """一个部门的限时办结 (a department's deadlines), and its quarter so far."""

    department: str
    standings: Annotated[dict[str, int], Field(description="各状态的件数 (cases by state)")]
    due: Annotated[int, Field(description="本季已办结或已到期 (closed or due in the quarter)")]
    in_time: int
    completed_share: Annotated[str | None, Field(description="规定时限内办结率，%，截至两位小数 (truncated)")]
    promised: Annotated[int, Field(description="本季办结的承诺件 (承诺件 closed in the quarter)")]
    unknown: Annotated[int, Field(description="其中未录法定时限的，提速按 0 计 (no statutory days: counted as 0)")]
    speed_up: Annotated[str | None, Field(description="提速率，%，截至两位小数 (truncated)")]


@dataclass(frozen=True, slots=True)
class CaseBoards:
    """限时办结看板 (the deadline board)."""

    day: str
    departments: tuple[CaseBoard, ...]


@dataclass(frozen=True, slots=True)
class FlagItem:
    """疑似 (a suspicion): 供人核查，不是结论 (for people to look into)."""

    id: Id
    clerk: str
    clerk_name: str | None
    window: int | None
    pattern: str
    pattern_name: Annotated[str, Field(description="规律，中文 (in Chinese)")]
    tier: Annotated[Literal["A", "B"], Field(description="B 只用于安排回访 (B only asks to call back)")]
    log10_lr: Annotated[float, Field(description="证据强度：可能性之比的常用对数 (log10 of how much likelier)")]
    ebh: Annotated[bool, Field(description="在本季全部人员中仍突出：e-BH，5% (stands out of all of the quarter)")]
    ebh_level: Annotated[float, Field(description="仍突出所容许的最小错报比例 (least share of false discoveries, ≤ 1)")]
    evidence: Annotated[tuple[str, ...], Field(description="可核对的数 (counts to check)")]
    presses: tuple[str, ...]
    visits: Annotated[tuple[str, ...], Field(description="应做未做的线索所涉号票 (tickets of a watch)")]
    watch: Annotated[bool, Field(description="应做未做的线索，不涉及代按 (of what was left undone)")]
    state: CaseState
    state_name: str
    quarter: str
    raised_at: Time
    deadline: Annotated[str | None, Field(description="下一步的最后一天 (last day for the next step)")]
    overdue: Annotated[int, Field(ge=0, description="已逾期的工作日数；0 为未逾期 (working days late; 0: none)")]
    assigned: str | None
    habits: Annotated[tuple[str, ...], Field(description="此人已知习惯 (known habits)")]
    version: str


@dataclass(frozen=True, slots=True)
class SuspectItem:
    """所涉按键 (one press concerned), with what its citizen said."""

    press: str
    at: Time
    window: int | None
    ticket: str | None
    level: int
    level_name: str
    delay_s: float | None
    said: str | None


@dataclass(frozen=True, slots=True)
class VisitItem:
    """所涉业务 (one visit that a watch is about), with what its citizen said."""

    ticket: str
    at: Annotated[str, Field(description="办结或过号的时刻 (of its end), RFC 3339")]
    window: int | None
    served_s: Annotated[float | None, Field(description="办理秒数 (seconds served)")]
    said: str | None


@dataclass(frozen=True, slots=True)
class InquiryItem:
    """怎样核查 (how to look into a watch)."""

    next: Annotated[str, Field(description="先查什么 (what to check first)")]
    ask: Annotated[str, Field(description="问群众什么 (what to ask citizens)")]


@dataclass(frozen=True, slots=True)
class StepItem:
    """经过 (one step of the case)."""

    at: Time
    kind: str
    by: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FlagDetail(FlagItem):
    """疑似的全部内容 (all of a flag)."""

    text: Annotated[str, Field(description="完整说明 (the whole statement)")]
    honest: Annotated[tuple[str, ...], Field(description="先排除的正当原因 (to rule out first)")]
    suspects: tuple[SuspectItem, ...]
    visit_items: tuple[VisitItem, ...]
    inquiry: Annotated[InquiryItem | None, Field(description="只有应做未做的线索才有 (of a watch alone)")]
    calls_needed: Annotated[int, Field(description="判明所需有效答复数；0 为答复不能判明 (0: answers can't settle it)")]
    calls: Annotated[dict[str, int], Field(description="回访结果计数 (call-backs by outcome)")]
    answers: Annotated[dict[str, str], Field(description="各回访结果的意思 (what each outcome means)")]
    history: tuple[StepItem, ...]
    stands: Annotated[bool, Field(description="是否进入评奖 (whether the award rules may know of it)")]
    first_by: str | None
    second_by: str | None
    reason: str
    struck: Annotated[
        int, Field(description="确认后不计入两率的评价数 (ratings that a finding takes out of the rates)")
    ]
    cautions: Annotated[tuple[str, ...], Field(description="确认前须知，中文 (what speaks against confirming now)")]


@dataclass(frozen=True, slots=True)
class FlagPage:
    """一页 (a page)."""

    items: tuple[FlagItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PressPage:
    """按键记录的一页 (a page of presses)."""

    items: tuple[PressItem, ...]
    next: Annotated[str | None, Field(description="下一页的 after；null 为最后一页 (null: no more)")]


@dataclass(frozen=True, slots=True)
class RatingPage:
    """评价记录的一页 (a page of ratings)."""

    items: tuple[RatingItem, ...]
    next: Annotated[str | None, Field(description="下一页的 after；null 为最后一页 (null: no more)")]


@dataclass(frozen=True, slots=True)
class PhoneRating:
    """手机评价的结果 (what came of a phone's rating)."""

    counted: Annotated[bool, Field(description="false：此前已评价，本次仅存档 (rated before; kept as evidence)")]
    level: Annotated[int, Field(ge=1, le=5, description="计入的等级 (the level that counts)")]


# --- call-backs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallbackItem:
    """抽到的一次评价 (a rating of the sample)."""

    rating: Id
    ticket: Id
    number: Printed
    window: int
    department: str
    clerk: str
    level: Annotated[int, Field(ge=1, le=5)]
    source: str
    at: Time
    contact: Annotated[str | None, Field(description="取号时所留，未留或已按期清除为 null (null: none kept)")]
    outcome: Annotated[str | None, Field(description="null：未回访 (not called yet)")]
    said_level: int | None
    note: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class CallbackSample:
    """一个季度的随机回访 (a quarter's random call-backs)."""

    quarter: str
    drawn_at: Time
    by: str
    seed: Annotated[str, Field(description="随机种子，可据此复算 (draws the same again)")]
    population: Annotated[int, Field(description="抽样时的评价总数 (ratings there were)")]
    items: tuple[CallbackItem, ...]


@dataclass(frozen=True, slots=True)
class CallbackTally:
    """计数与误评率 (counts, and the share of wrong ratings)."""

    sampled: int
    called: int
    answered: int
    wrong: int
    denied: int
    rate: Annotated[float | None, Field(description="null：尚无有效答复 (no answer yet)")]
    low: Annotated[float, Field(description="95% 精确二项区间下限 (lower exact bound)")]
    high: float


@dataclass(frozen=True, slots=True)
class CallbackSummary:
    """随机回访报告 (what the sample says)."""

    quarter: str
    population: int
    seed: str
    reproduced: Annotated[bool, Field(description="按种子复算一致 (the seed draws the same again)")]
    outcomes: dict[str, int]
    corrected: int
    upto: Annotated[
        str | None, Field(description="季度结束前抽样的，只代表此日及以前 (drawn before the end: up to here)")
    ]
    whole: CallbackTally
    departments: dict[str, CallbackTally]
    flagged_presses: Annotated[CallbackTally, Field(description="疑似所列的评价 (ratings that a flag names)")]
    flagged_clerks: Annotated[CallbackTally, Field(description="疑似人员的其他评价 (others of flagged clerks)")]
    others: CallbackTally


# --- problems --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """一个值的错误 (what is wrong with one value)."""

    where: Annotated[str, Field(examples=["body.level"])]
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457 问题说明 (problem details)."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="给人看的一句话 (a sentence for people)")]
    code: Annotated[str, Field(description="给程序看的原因 (the reason, for programs)", examples=["state_forbids"])]
    errors: tuple[FieldProblem, ...] = ()
