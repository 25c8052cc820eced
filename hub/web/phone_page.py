"""The citizen's page as HTML: whole without a script, and nothing in it is taken for markup."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final, Literal

from hub.domain.model import LEVEL_WORDS, TicketState
from hub.web.bodies import RatePhone

State = TicketState | Literal["rate", "rated", "over", "locked"]

REASONS: Final = ("服务态度", "办事效率", "业务能力", "一次性告知", "大厅环境")
_REFRESHED: Final = frozenset({"waiting", "called", "serving", "held", "missed"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citizen stands."""

    number: str
    service: str
    state: State
    window: int | None = None
    ahead: int = 0
    minutes: int = 0
    windows: tuple[int, ...] = ()
    level: int | None = None
    code_digits: int = 0
    """Of the slip's code that the rating must carry; 0 for none."""


def page(hall: str, place: Place | None, trouble: str = "", given: RatePhone | None = None) -> str:
    """The whole page; `place` None for a link that leads nowhere, `trouble`: why the rating `given` was not taken."""
    title = f"{place.number} · {hall}" if place else hall
    refresh = ' data-refresh="10"' if place and place.state in _REFRESHED else ""
    body = _NOWHERE if place is None else _head(place) + _trouble(trouble, place) + _state(place, given)
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/static/hall.css">
<link rel="stylesheet" href="/citizen/citizen.css">
<script type="module" src="/citizen/citizen.js"></script>
</head>
<body class="citizen">
<header class="hall">{escape(hall)}</header>
<main class="place {place.state if place else "nowhere"}"{refresh}>
{body}
</main>
</body>
</html>
"""


_NOWHERE: Final = """<section class="card">
<h1>链接无效或已过期</h1>
<p lang="en" class="english">This link is not valid any more</p>
<p>请扫描当日号票上的二维码，或到咨询台询问。</p>
</section>"""
TROUBLE: Final = "评价没有提交成功，请重新选择后再试。"


@dataclass(frozen=True, slots=True)
class _Text:
    """What a state says, in Chinese and English, and what to do."""

    big: str
    english: str
    advice: str = ""


_VOID: Final = _Text("此号已作废", "This ticket is no longer valid", "如需办理业务，请重新取号。")
_TEXTS: Final = {
    "called": _Text("请到 <b>{window}</b> 号窗口", "Please go to window {window}"),
    "serving": _Text("<b>{window}</b> 号窗口正在为您办理", "You are being served at window {window}"),
    "held": _Text("<b>{window}</b> 号窗口已暂存您的业务，请留意再次叫号", "On hold; you will be called again"),
    "missed": _Text("您的号已过", "You missed your call", "请到 {window} 号窗口或咨询台办理复到，不必重新取号。"),
    "rated": _Text("您的评价：<b>{level}</b>", "Thank you for your rating", "感谢您的评价。"),
    "over": _Text("评价已截止", "The time for rating is over", "评价在办结后五个工作日内有效。"),
    "locked": _Text("评价码输错次数过多", "Too many wrong rating codes", "本次办理不能再用手机评价，请到咨询台。"),
}


def _head(place: Place) -> str:
    service = f'<p class="service">{escape(place.service)}</p>' if place.service else ""
    return f"""<p class="label">您的号码 <span lang="en">Your number</span></p>
<h1>{escape(place.number)}</h1>
{service}
"""


def _trouble(why: str, place: Place) -> str:
    return f'<p class="trouble" role="alert">{escape(why)}</p>\n' if why and place.state == "rate" else ""


def _state(place: Place, given: RatePhone | None) -> str:
    if place.state == "waiting":
        return _waiting(place)
    if place.state == "rate":
        return _form(place, given)
    text = _TEXTS.get(place.state, _VOID)
    words = {"window": place.window, "level": LEVEL_WORDS.get(place.level or 0, "")}
    return _say(text.big.format_map(words), text.english.format_map(words), text.advice.format_map(words))


def _waiting(place: Place) -> str:
    if place.ahead:
        big, english = f"前面还有 <b>{place.ahead}</b> 人", f"{place.ahead} before you"
        about = f"预计等候约 {max(1, place.minutes)} 分钟，实际以叫号为准。"
    else:
        big, english, about = "<b>下一位</b>就是您", "You are next", "请在等候区留意叫号。"
    where = f"办理窗口：{'、'.join(f'{n} 号' for n in place.windows)}" if place.windows else ""
    return _say(big, english, about, where)


def _say(big: str, english: str, *more: str) -> str:
    rest = "".join(f"<p>{line}</p>\n" for line in more if line)
    return f"""<section class="card" aria-live="polite">
<h2>{big}</h2>
<p lang="en" class="english">{english}</p>
{rest}</section>"""


def _form(place: Place, given: RatePhone | None) -> str:
    """The form; what was given already stands in it, but for the code."""
    level_now, reasons_now = (given.level, given.reasons) if given else (0, [])
    levels = "\n".join(
        f'<label class="level l{level}"><input type="radio" name="level" value="{level}" required'
        f"{_checked(level == level_now)}> {word}</label>"
        for level, word in LEVEL_WORDS.items()
    )
    reasons = "\n".join(
        f'<label class="reason"><input type="checkbox" name="reasons" value="{word}"'
        f"{_checked(word in reasons_now)}> {word}</label>"
        for word in REASONS
    )
    comment = escape(given.comment or "") if given else ""
    return f"""<form class="card" method="post">
<h2>请评价 {place.window} 号窗口的服务</h2>
<p lang="en" class="english">Please rate the service at window {place.window}</p>
<fieldset class="levels"><legend>满意程度</legend>
{levels}
</fieldset>
<fieldset class="reasons"><legend>评价所指（可不选）</legend>
{reasons}
</fieldset>
<label class="comment" for="comment">意见建议（可不填）</label>
<textarea id="comment" name="comment" rows="3" maxlength="500">{comment}</textarea>
{_code_field(place.code_digits)}<button type="submit">提交评价</button>
</form>"""


def _checked(now: bool) -> str:  # noqa: FBT001 - an attribute or none
    return " checked" if now else ""


def _code_field(digits: int) -> str:
    if not digits:
        return ""
    return f"""<label class="code" for="rating_code">评价码：号票上的 {digits} 位数字
<span lang="en" class="english">Rating code: {digits} digits printed on your slip</span></label>
<input id="rating_code" name="rating_code" class="code-field" type="text" inputmode="numeric" autocomplete="off"
 maxlength="16" required>
"""
