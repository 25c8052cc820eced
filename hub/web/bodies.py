"""What requests carry, checked at the border."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hub.domain.callbacks import Outcome
from hub.domain.events import Matter
from hub.domain.personal import masked

CaseKind = Literal["immediate", "promised", "supplement", "joint", "rejected", "reported"]
_CASE_KINDS: Final = {
    "即办": "immediate",
    "承诺": "promised",
    "补办": "supplement",
    "联办": "joint",
    "驳回": "rejected",
    "上报": "reported",
}
"""六件分类法 (domain.md, glossary)."""


def _in_english(kind: Any) -> Any:  # noqa: ANN401 - JSON brings anything; pydantic refuses what it can't be
    return _CASE_KINDS.get(kind.removesuffix("件"), kind) if isinstance(kind, str) else kind


_UNSHOWN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and those that turn the direction of what follows on the page."""


def _shown(text: Any) -> Any:  # noqa: ANN401 - JSON brings anything; pydantic refuses what is no text
    return _UNSHOWN.sub("", text).strip() if isinstance(text, str) else text


def _words(text: Any) -> Any:  # noqa: ANN401 - as above
    return masked(_shown(text)) if isinstance(text, str) else text


Kind = Annotated[
    CaseKind,
    BeforeValidator(_in_english),
    Field(description="六件之一，中文亦可：即办、承诺、补办、联办、驳回、上报 (the Chinese words are taken too)"),
]
_SHOWN: Final = BeforeValidator(_shown)
"""For text that is stored and shown to people: no blanks around it, nothing in it that can't be seen."""
_WORDS: Final = BeforeValidator(_words)
"""The same for people's own words, which may hold an ID number: it is never kept."""
CaseNo = Annotated[str, Field(min_length=1, max_length=64, description="办件编号 (number of the case)"), _SHOWN]
Code = Annotated[str, Field(min_length=1, max_length=32)]
WindowNumber = Annotated[int, Field(description="窗口号 (window number)")]
TicketId = Annotated[str, Field(min_length=1, max_length=64, description="号票的 id (a ticket's id, not its number)")]


class Body(BaseModel):
    """A JSON object. A key that it doesn't know is refused: it is one mistyped, and what it says would be lost."""

    model_config = ConfigDict(extra="forbid")


class TakeTicket(Body):
    """取号 (take a ticket)."""

    service: Annotated[Code, Field(description="业务代码 (code of a service)")]
    priority: Annotated[Code | None, Field(description="优先类别，见 /hall (a priority class)")] = None
    kiosk: Annotated[Code | None, Field(description="出纸的取号机；不填不出纸 (where the slip comes out)")] = None
    holder: Annotated[
        str | None, Field(max_length=100, description="持有人，个人信息单独存放 (kept apart)"), _WORDS
    ] = None


class SignOn(Body):
    """签到 (sign on)."""

    clerk: Annotated[Code, Field(description="工号 (a clerk's id)")]
    pin: Annotated[str | None, Field(max_length=32, description="签到密码，设置了才需要 (where one is set)")] = None


class Pause(Body):
    """暂停 (pause)."""

    reason: Annotated[str, Field(min_length=1, max_length=100, description="暂停事由 (why)"), _WORDS]


class Call(Body):
    """叫指定号 (call a chosen ticket)."""

    ticket: TicketId


class TakeBack(Body):
    """取回挂起的号 (take back a held ticket)."""

    ticket: Annotated[TicketId | None, Field(description="不填：最早挂起的 (without: the oldest held)")] = None


class Transfer(Body):
    """转移到业务或窗口，二者填一 (to a service or to a window)."""

    service: Code | None = None
    window: WindowNumber | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Transfer:
        if (self.service is None) == (self.window is None):
            raise ValueError("service 和 window 须填其一 (one of service and window)")
        return self


class OneMatter(Body):
    """一项事项 (one matter of the visit)."""

    service: Code | None = None
    case_kind: Kind | None = None
    case_no: CaseNo | None = None


class Finish(Body):
    """办结 (finish): 一次办理可含多项事项 (a visit may carry several matters)."""

    case_kind: Kind | None = None
    case_no: CaseNo | None = None
    matters: Annotated[
        Annotated[int, Field(ge=1, le=50)] | Annotated[list[OneMatter], Field(min_length=1, max_length=50)] | None,
        Field(description="事项数，或逐项列出 (how many matters, or each of them)"),
    ] = None

    def as_matters(self) -> tuple[Matter, ...]:
        """Each matter; the visit's case kind is that of every matter without its own, its number the first one's."""
        given = self.matters
        listed = [OneMatter() for _ in range(given or 1)] if given is None or isinstance(given, int) else given
        numbers = [self.case_no, *[None] * (len(listed) - 1)]
        return tuple(
            Matter(one.service, one.case_kind or self.case_kind, one.case_no or number)
            for one, number in zip(listed, numbers, strict=True)
        )


def _digits(text: Any) -> Any:  # noqa: ANN401 - JSON brings anything; pydantic refuses what is no text
    """Digits as people type them: full-width ones too, with blanks anywhere."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)) if isinstance(text, str) else text


class RatePhone(Body):
    """手机评价 (a phone's rating)."""

    level: Annotated[int, Field(ge=1, le=5, description="5 非常满意 … 1 非常不满意 (5 best)")]
    reasons: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40), _WORDS]],
        Field(max_length=10, description="原因 (why)"),
    ] = []
    comment: Annotated[str | None, Field(max_length=500, description="意见，个人信息单独存放 (kept apart)"), _WORDS] = (
        None
    )
    rating_code: Annotated[
        str | None,
        Field(max_length=16, description="号票上的评价码，大厅启用时必填 (as on the slip, where the hall asks for it)"),
        BeforeValidator(_digits),
    ] = None


_Windows = Annotated[
    list[WindowNumber] | None,
    Field(min_length=1, max_length=200, description="哪些窗口的评价器；不填为设备的全部 (without: all of the device)"),
]


class Maintain(Body):
    """登记维护 (work on keypads)."""

    windows: _Windows = None
    minutes: Annotated[int, Field(ge=1, le=480, description="最长多少分钟，到时自动结束 (ends by itself)")] = 60
    reason: Annotated[str, Field(min_length=1, max_length=100, description="维护事由 (why)"), _WORDS]


class EndMaintenance(Body):
    """结束维护 (the work is done)."""

    windows: _Windows = None


_Text = Annotated[str, Field(min_length=1, max_length=2000), _WORDS]


class CorrectRating(Body):
    """误评更正：两次等级都保留 (a mistaken rating; both levels are kept)."""

    level: Annotated[int, Field(ge=1, le=5, description="应为的等级 (the level meant)")]
    register_no: Annotated[
        str,
        Field(alias="register", min_length=1, max_length=64, description="误评变更登记簿编号 (register number)"),
        _WORDS,
    ]
    reason: _Text


class RecordFinding(Body):
    """查实结论 (a finding)."""

    kind: Annotated[str, Field(max_length=32, description="interfaces.md: dissatisfied, complaint …")]
    status: Literal["confirmed", "dismissed"] = "confirmed"
    window: Annotated[int | None, Field(description="窗口号 (window)")] = None
    clerk: Annotated[str | None, Field(max_length=32, description="工号 (clerk)")] = None
    article: Annotated[str, Field(max_length=64, description="条款，如 三(六) (article)"), _WORDS] = ""
    note: _Text
    what: Annotated[str | None, Field(max_length=16, description="考勤：late early asleep absent away")] = None
    half_days: Annotated[int | None, Field(ge=1, le=130, description="半天数 (half days)")] = None
    day: Annotated[date | None, Field(alias="date", description="所涉日期 (the day it is about)")] = None


class EnterPoints(Body):
    """考核组录入的得分 (points entered by assessors)."""

    sheet: Literal["window", "clerk"]
    quarter: Annotated[str, Field(pattern=r"^20\d\dQ[1-4]$", description="季度，如 2026Q4 (quarter)")]
    subject: Annotated[str, Field(min_length=1, max_length=32, description="窗口号或工号 (window or clerk)")]
    section: Annotated[str, Field(min_length=1, max_length=32, description="考核办法的编号，如 一(一) (section)")]
    points: Annotated[Decimal, Field(ge=-100, le=100, max_digits=6, decimal_places=2, description="得分 (points)")]
    note: Annotated[str, Field(max_length=2000, description="依据 (why)"), _WORDS] = ""
    stage: Annotated[
        Literal["self", "mutual", "review"],
        Field(description="自评、互评、审核，审核才计分 (the review counts)"),
    ] = "review"


class AssignFlag(Body):
    """分派 (assign)."""

    to: Annotated[str, Field(min_length=1, max_length=64, description="核查人 (who looks into it)"), _WORDS]


class CallBack(Body):
    """一次回访的结果 (what a citizen said)."""

    press: Annotated[str, Field(min_length=1, max_length=64, description="按键；应做未做的线索填号票 (or ticket)")]
    outcome: Annotated[
        Literal["own", "denied", "unsure", "unreached"],
        Field(
            description="本人所按、否认、记不清、未接通；应做未做的线索：own 未见异常，denied 印证 "
            "(mine, not mine, unsure, nobody answered; of a watch: own speaks for the clerk, denied against)"
        ),
    ]
    note: Annotated[str | None, Field(max_length=500, description="个人信息单独存放 (kept apart)"), _WORDS] = None


class RecordCallback(Body):
    """随机回访的结果 (what a citizen said of a rating of the sample)."""

    rating: Code
    outcome: Annotated[
        Outcome,
        Field(
            description="own 属实，other_level 等级不符，denied 否认本人所评，unsure 记不清，"
            "unreached 未接通，no_contact 无联系方式 (what the citizen said, or why nothing)"
        ),
    ]
    level: Annotated[
        int | None, Field(ge=1, le=5, description="other_level 时必填：群众所说的等级 (what the citizen says)")
    ] = None
    note: Annotated[str | None, Field(max_length=500, description="个人信息单独存放 (kept apart)"), _WORDS] = None
    contact: Annotated[
        str | None, Field(max_length=100, description="所拨电话或联系人，个人信息单独存放 (kept apart)"), _WORDS
    ] = None


_Day = Annotated[date | None, Field(description="日期；不填为今天 (today where none is given)")]
_Term = Annotated[int | None, Field(ge=0, le=3650, description="工作日数；不填按业务的设置 (else the service's)")]


class OpenCase(Body):
    """收件登记 (a case is received)."""

    case: CaseNo
    case_kind: Kind
    service: Code
    department: Annotated[str, Field(max_length=64, description="部门；不填按窗口 (else the window's)"), _SHOWN] = ""
    window: WindowNumber | None = None
    clerk: Annotated[str | None, Field(max_length=32)] = None
    day: _Day = None
    promised_days: _Term = None
    statutory_days: _Term = None
    green: Annotated[bool, Field(description="绿色通道 (green channel)")] = False


class CaseDay(Body):
    """从哪天起 (since when)."""

    day: _Day = None


class StopCase(Body):
    """特别程序 (a special procedure): 听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审."""

    procedure: Literal[
        "hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"
    ]
    day: _Day = None


class CloseCase(Body):
    """办结 (close)."""

    outcome: Literal["done", "refused", "withdrawn"] = "done"
    note: Annotated[str, Field(max_length=500), _WORDS] = ""
    day: _Day = None


class CloseQuarter(Body):
    """季度考核定稿 (close a quarter)."""

    reason: Annotated[
        str, Field(max_length=500, description="更正定稿时必填：改了什么 (of a later edition: why)"), _SHOWN
    ] = ""
    despite: Annotated[bool, Field(description="有未决事项仍要定稿 (close although something is pending)")] = False


class VerifyRating(Body):
    """差评核实 (verify a bad rating)."""

    verdict: Literal["founded", "unfounded", "unclear"]
    note: _Text


class RectifyRating(Body):
    """差评整改 (what was put right)."""

    note: _Text


class HearRating(Body):
    """差评回访 (what the citizen says now)."""

    heard: Literal["content", "not_content", "unreached"]
    note: Annotated[str | None, Field(max_length=500, description="个人信息单独存放 (kept apart)"), _WORDS] = None


class ReceiveComplaint(Body):
    """登记投诉 (a complaint)；取号机登记的，channel 一律为 kiosk."""

    channel: Literal["kiosk", "phone", "telephone", "counter", "letter"] = "counter"
    text: _Text
    contact: Annotated[
        str | None, Field(max_length=100, description="联系方式，个人信息单独存放 (kept apart)"), _WORDS
    ] = None
    window: WindowNumber | None = None
    clerk: Annotated[str | None, Field(max_length=32)] = None


class AnswerComplaint(Body):
    """书面答复 (the written answer)."""

    verdict: Literal["founded", "unfounded", "unclear"]
    answer: _Text


class AskReview(Body):
    """申请复核 (ask for a review)."""

    reason: _Text


class ReviewCase(Body):
    """复核裁定 (the ruling): upheld 维持，overturned 撤销."""

    outcome: Literal["upheld", "overturned"]
    reason: _Text


class FlagText(Body):
    """当事人陈述或监控核查记录 (a statement or a camera note)."""

    text: _Text


class DecideFlag(Body):
    """结论：确认须另一人复核；referred 转办只用于乙类 (confirming takes a second person; only tier B is referred)."""

    decision: Literal["confirmed", "dismissed", "referred"]
    reason: _Text
    habit: Annotated[
        Literal["helps_elderly", "late_finisher", "children", "asks_for_ratings", "several_matters", "device"] | None,
        Field(description="排除时：由此得知的习惯，以后检测时考虑 (what a dismissal says of the clerk's ways)"),
    ] = None

    presses: Annotated[
        list[Annotated[str, Field(max_length=64)]] | None,
        Field(
            max_length=500,
            description="确认时：认定哪些按键；不填为所列全部，本人所按的除外 (confirmed: which presses)",
        ),
    ] = None

    @model_validator(mode="after")
    def _habit_of_a_dismissal(self) -> DecideFlag:
        if self.presses is not None and self.decision != "confirmed":
            raise ValueError("presses 只用于确认 (presses go with confirmed)")
        if self.habit is not None and self.decision != "dismissed":
            raise ValueError("habit 只用于排除 (habit goes with dismissed)")
        return self


class SendBack(Body):
    """退回：不同意确认，或撤回自己的确认 (not agreed, or withdrawn)."""

    reason: _Text


class Appeal(Body):
    """申诉 (appeal)."""

    reason: _Text


class DecideAppeal(Body):
    """申诉结论：upheld 维持，overturned 撤销 (the finding is upheld or overturned)."""

    outcome: Literal["upheld", "overturned"]
    reason: _Text
