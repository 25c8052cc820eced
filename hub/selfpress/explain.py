"""A flag in words: the pattern, k of n against the hall, what to rule out, whom to call back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from unicodedata import category

import numpy as np

from hub.domain.model import LEVEL_WORDS
from hub.selfpress import baseline
from hub.selfpress.cells import delay_bands, gap_edges, paced
from hub.selfpress.counts import A_DAY, BIN, BLOCK_DAYS, FIRST_DELAY_S, Count, Ledger
from hub.selfpress.flags import Delays, Flag, Row, Week
from hub.selfpress.likelihood import expit
from hub.selfpress.reading import DAY_MS
from hub.selfpress.scores import hall_delays
from hub.selfpress.weighing import Weigher
from hub.selfpress.words import ASKED, HABITS, INQUIRIES, WORDS

DENIED_FAKE: Final = 0.9  # of citizens whose press the clerk made, those who deny having pressed
DENIED_OWN: Final = 0.08  # of citizens who pressed and forgot
SETTLED: Final = 2.0  # decades that call-backs must add
_SHOWN: Final = 12  # presses named in the text
_COUNTS: Final = {
    "nobody": (Count.NOBODY, Count.NOBODY_TOP, Count.DAYS),
    "closed": (Count.CLOSED, Count.CLOSED_TOP, Count.DAYS),
    "before": (Count.BEFORE, Count.BEFORE_TOP, Count.RATED),
    "raised": (Count.RAISED, None, Count.LOW_FIRST),
    "answered": (Count.LOWERED, None, Count.TOP_FIRST),
    "short": (Count.INSTANT, Count.INSTANT_TOP, Count.VISITS),
    "ending": (Count.ENDING, Count.ENDING_TOP, Count.RATED),
    "repeated": (Count.REPEATED, Count.REPEATED_TOP, Count.RATED),
    "late": (Count.LATE, Count.LATE_TOP, Count.VISITS),
    "rate": (Count.RATED, Count.RATED_TOP, Count.VISITS),
    "no_bad": (Count.RATED_TOP, None, Count.RATED),
    "uninvited": (Count.UNINVITED, None, Count.FINISHED),
    "miscoded": (Count.MISSED_SERVED, None, Count.ENDED),
    "unplugged": (Count.OUTAGE, None, Count.DAYS),
    "declared": (Count.DECLARED, None, Count.FINISHED),
}
_A_DAY: Final = frozenset({"nobody", "closed"})
_WEEKLY: Final = frozenset({"uninvited", "miscoded", "unplugged", "declared", "rate", "no_bad"})  # shares, not delays
_HEADS: Final = "时间  窗口  号票  等级  距办结"
_HEADS_EN: Final = "time  window  ticket  level  after the finish"
DayText = Callable[[int, str | None], str]
_ADDS: Final = frozenset({"before", "fast", "after", "middle", "robot", "next_call"})


@dataclass(frozen=True, slots=True)
class Account:
    """What a clerk did since a block, against the hall's others in the same time."""

    ledger: Ledger
    weigher: Weigher
    clerk: int
    start: int  # block

    def rows(self, code: str) -> list[Row]:
        """The comparisons that make up a pattern's evidence."""
        k, top, n, share = self._compared(code)
        rows = [self._share_row(code, k, n, share)]
        if top is not None and k:
            rows.append(self._top_row(k, top, excluding=code != "rate"))
        if code in _ADDS:
            rows.append(
                self._share_row("rate", *self._sums(Count.RATED, Count.VISITS), self._others(Count.RATED, Count.VISITS))
            )
        return rows

    def delays(self, code: str) -> Delays:
        """The clerk's delays against the hall's."""
        mine = self.weigher.delays[self.clerk, self.start :, :, 0].sum(0)
        band = self._band(code)
        shares = [
            [round(float(value), 5) for value in shape]
            for shape in (mine / max(1.0, float(mine.sum())), hall_delays(self.weigher, self.clerk))
        ]
        return Delays(FIRST_DELAY_S, BIN, shares[0], shares[1], band and (_seconds(band[0]), _seconds(band[1])))

    def weeks(self, code: str) -> list[Week]:
        """The clerk's share by week of the quarter against the others', where that is what a pattern is about."""
        if code not in _WEEKLY:
            return []
        of, _, among = _COUNTS[code]
        weeks = []
        for block in range(self.ledger.quarter // BLOCK_DAYS, self.weigher.table.shape[1]):
            mine, all_of = self.weigher.table[self.clerk, block], self.weigher.table[:, block].sum(0)
            others = float(all_of[among] - mine[among])
            share = round(float(all_of[of] - mine[of]) / others, 5) if others else -1.0
            weeks.append(Week(self.ledger.days[block * BLOCK_DAYS], int(mine[of]), int(mine[among]), share))
        return weeks

    @property
    def since_day(self) -> int:
        """The first day that the evidence is about."""
        return self.ledger.days[self.start * BLOCK_DAYS]

    def _band(self, code: str) -> tuple[int, int] | None:
        if code in {"fast", "middle", "after"}:
            low, high = delay_bands(self.weigher.delays, self.weigher.pace)[code]
            pace = int(self.weigher.pace[self.clerk])
            return max(0, low + pace if low else 0), high + pace
        if code == "robot":
            peak = int(self.weigher.ticks[self.clerk, self.start :, :, 0].sum(0).argmax())
            at = math.log(max(peak * 0.05, FIRST_DELAY_S) / FIRST_DELAY_S) / BIN
            return int(at), int(at) + 1
        return None

    def _compared(self, code: str) -> tuple[int, int | None, int, float]:
        """k, how many of them top, n, and the share of the hall's others."""
        if code in _COUNTS:
            of, top_of, among = _COUNTS[code]
            k, n = self._sums(of, among)
            top = None if top_of is None else self._sums(top_of, among)[0]
            return k, top, n, self._others(of, among)
        hist, low, high = self._histogram(code)
        mine = hist[self.clerk, self.start :].sum(0)
        others = np.delete(hist[:, self.start :].sum(1), self.clerk, axis=0)
        inside, whole = others[:, low:high, 0].sum(), others[..., 0].sum()
        share = float(inside / whole) if whole else -1.0
        return int(mine[low:high, 0].sum()), int(mine[low:high, 1].sum()), int(mine[:, 0].sum()), share

    def _histogram(self, code: str) -> tuple[np.ndarray, int, int]:
        if code == "robot":
            ticks = self.weigher.ticks[self.clerk, self.start :, :, 0].sum(0)
            low = max(0, int(np.convolve(ticks, np.ones(4), "same").argmax()) - 2)
            return self.weigher.ticks, low, low + 4
        if code == "next_call":
            return self.weigher.gaps, 0, gap_edges(self.weigher.gaps)[-1]
        low, high = delay_bands(self.weigher.delays, self.weigher.pace)[code]
        return paced(self.weigher.delays, self.weigher.pace), low, high

    def _sums(self, of: int, among: int) -> tuple[int, int]:
        table = self.weigher.table[self.clerk, self.start :]
        return int(table[:, of].sum()), int(table[:, among].sum())

    def _others(self, of: int, among: int) -> float:
        table = np.delete(self.weigher.table[:, self.start :].sum(1), self.clerk, axis=0)
        whole = table[:, among].sum()
        return float(table[:, of].sum() / whole) if whole else -1.0

    def _share_row(self, code: str, k: int, n: int, share: float) -> Row:
        words = WORDS[code]
        if code in _A_DAY:
            usual = "" if share < 0 else f"，大厅其他人员同样天数约 {share * n:.1f} 次"
            usual_en = "" if share < 0 else f"; the hall's others in as many days about {share * n:.1f}"
            return Row(
                code,
                k,
                n,
                share,
                f"{n} 个工作日内，{words.did_zh} {k} 次（每天最多计 {A_DAY} 次）{usual}",
                f"{words.did_en} {k} times in {n} days (at most {A_DAY} a day count){usual_en}",
            )
        unit = (
            "件"
            if code in {"short", "rate", "late", "miscoded", "uninvited", "declared"}
            else "天"
            if code == "unplugged"
            else "次"
        )
        whole = _WHOLE.get(code, ("评价", "ratings"))
        usual = "" if share < 0 else f"，大厅其他人员为 {_percent(share)}"
        usual_en = "" if share < 0 else f"; the hall's others {_percent(share)}"
        among = f"{n} 个{whole[0]}" if code == "unplugged" else f"{n} {unit}{whole[0]}"
        zh = f"{among}中有 {k} {unit}{words.did_zh}（{_percent(k / max(n, 1))}）{usual}"
        return Row(code, k, n, share, zh, f"{k} of {n} {whole[1]} {words.did_en} ({_percent(k / max(n, 1))}){usual_en}")

    def _top_row(self, k: int, top: int, *, excluding: bool) -> Row:
        """How many of these are top, against the clerk's own others."""
        table = self.weigher.table[self.clerk]
        rated, tops = float(table[:, Count.RATED].sum()), float(table[:, Count.RATED_TOP].sum())
        if excluding:
            rated, tops = max(0.0, rated - k), max(0.0, min(tops - top, rated - k))
        mean, _ = baseline.own_level(np.array([[tops]]), np.array([[rated]]), self.weigher.quality, 0.0)
        own = float(expit(mean)[0, 0])
        zh = f"这 {k} 次中 {top} 次为最高档（{_percent(top / k)}），本人其余评价的最高档占 {_percent(own)}"
        en = f"{top} of these {k} are top ({_percent(top / k)}); of the clerk's other ratings {_percent(own)}"
        return Row("top", top, k, own, zh, en)


_WHOLE: Final = {
    "rate": ("办结业务", "finished visits"),
    "short": ("办结业务", "finished visits"),
    "late": ("办结业务", "finished visits"),
    "uninvited": ("办结业务", "finished visits"),
    "declared": ("办结业务", "finished visits"),
    "unplugged": ("工作日", "working days"),
    "miscoded": ("叫号", "called tickets"),
    "raised": ("首次为低档的评价", "low first ratings"),
    "answered": ("首次为最高档的评价", "top first ratings"),
}


def calls_needed(share: float) -> int:
    """Answered call-backs that would settle a case where this share of the listed presses are the clerk's."""
    denied = share * DENIED_FAKE + (1 - share) * DENIED_OWN
    told = denied * math.log10(denied / DENIED_OWN) + (1 - denied) * math.log10((1 - denied) / (1 - DENIED_OWN))
    return max(4, min(24, math.ceil(SETTLED / told))) if told > 0 else 24


def day_text(day: int, first_day: str | None) -> str:
    """A day as people write it; its number where the calendar isn't known."""
    if first_day is None:
        return f"第 {day + 1} 天 (day {day + 1})"
    return str(date.fromisoformat(first_day) + timedelta(days=day))


def _day_en(day: int, first_day: str | None) -> str:
    return f"day {day + 1}" if first_day is None else day_text(day, first_day)


def plain(text: str) -> str:
    """Text without control characters, which ids of a foreign log may have."""
    return "".join("\N{REPLACEMENT CHARACTER}" if category(sign)[0] == "C" else sign for sign in text)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(map(plain, lines))


def chinese(flag: Flag) -> str:
    """The flag in Chinese, ready to read."""
    words = WORDS[flag.pattern]
    kind = "甲类疑似" if flag.tier == "A" else "乙类线索（应做未做）" if flag.is_undone else "乙类线索"
    lines = [
        f"{kind}：{words.zh}（工作人员 {flag.clerk}）",
        f"统计自 {day_text(flag.since_day, flag.first_day)} 至 {day_text(int(flag.t // DAY_MS), flag.first_day)}。",
        *(f"· {row.zh}。" for row in flag.rows),
        _strength(flag),
    ]
    if flag.also:
        others = "、".join(f"{WORDS[code].zh}（{_times(value)} 倍）" for code, value in flag.also.items())
        lines.append(f"另有迹象：{others}。")
    if flag.new_hall:
        lines.append("本厅数据还少，“正常”的标准部分取自出厂的宽松设定。")
    if flag.habits:
        lines.append(f"已知习惯：{'、'.join(HABITS[habit][0] for habit in flag.habits if habit in HABITS)}。")
    lines.append(f"先排除：{'；'.join(words.honest_zh)}。")
    lines += _visits(flag) if flag.is_watch else [_calls(flag)]
    lines += ["  " + _HEADS] if flag.suspects else []
    lines += [f"  {_suspect(flag, at)}" for at in range(min(_SHOWN, len(flag.suspects)))]
    if len(flag.suspects) > _SHOWN:
        lines.append(f"  ……共 {len(flag.suspects)} 次按键，可疑的在前；逐次判断得出，与上面的统计次数不必相等")
    if flag.tier == "B":
        lines.append("乙类线索只用于安排回访，不能单独作为认定依据，也不进入评奖。")
    return _joined(lines)


def english(flag: Flag) -> str:
    """The flag in English."""
    words = WORDS[flag.pattern]
    kind = " watch (left undone)" if flag.is_undone else " watch" if flag.is_watch else ""
    lines = [
        f"Tier {flag.tier}{kind}: {words.en} (clerk {flag.clerk})",
        f"From {_day_en(flag.since_day, flag.first_day)} to {_day_en(int(flag.t // DAY_MS), flag.first_day)}.",
        *(f"* {row.en}." for row in flag.rows),
        _strength_en(flag),
    ]
    if flag.also:
        others = "; ".join(f"{WORDS[code].en} ({_times(value)} times)" for code, value in flag.also.items())
        lines.append(f"Other signs: {others}.")
    if flag.new_hall:
        lines.append("Little is known of this hall yet: what is normal rests partly on shipped, wide values.")
    if flag.habits:
        lines.append(f"Known ways: {', '.join(habit.replace('_', ' ') for habit in flag.habits if habit in HABITS)}.")
    lines.append(f"Rule out first: {'; '.join(words.honest_en)}.")
    lines += _visits_en(flag) if flag.is_watch else [_calls_en(flag)]
    lines += ["  " + _HEADS_EN] if flag.suspects else []
    lines += [f"  {_suspect(flag, at, _day_en)}" for at in range(min(_SHOWN, len(flag.suspects)))]
    if len(flag.suspects) > _SHOWN:
        lines.append(f"  … {len(flag.suspects)} presses in all, the most suspicious first; judged one by one")
    if flag.tier == "B":
        lines.append("Tier B only asks to look and to call back: no ground for a finding, unknown to the award rules.")
    return _joined(lines)


def _calls(flag: Flag) -> str:
    """What to do next."""
    if all(press.ticket is None for press in flag.suspects):
        return "这些按键没有对应的号票，无人可回访；请调看下列时刻的监控："
    return f"请回访下列业务的群众，问“是不是您自己按的”；约 {flag.calls} 个有效答复即可判明："


def _calls_en(flag: Flag) -> str:
    if all(press.ticket is None for press in flag.suspects):
        return "No ticket belongs to these presses, so nobody can be called back; look at the camera at these times:"
    return f"Call back the citizens of these tickets; about {flag.calls} answers would settle it:"


def _visits(flag: Flag) -> list[str]:
    """What to do next about visits that were left without something."""
    inquiry = INQUIRIES[flag.pattern]
    settled = f"约 {flag.calls} 个有效答复即可判明" if flag.pattern in ASKED else "答复只作参考，以检修和监控为准"
    lines = [f"下一步：{inquiry.next_zh}。", f"可回访下列业务的群众，问“{inquiry.ask_zh}”；{settled}："]
    lines += [f"  {_visit(flag, at)}" for at in range(min(_SHOWN, len(flag.visits)))]
    return [*lines, f"  ……共 {len(flag.visits)} 件"] if len(flag.visits) > _SHOWN else lines


def _visits_en(flag: Flag) -> list[str]:
    inquiry = INQUIRIES[flag.pattern]
    settled = f"about {flag.calls} answers would settle it" if flag.pattern in ASKED else "answers are a hint only"
    return [
        f"Next: {inquiry.next_en}.",
        f'Ask the citizens of these tickets "{inquiry.ask_en}"; {settled}:',
        *(f"  {_visit(flag, at, _day_en)}" for at in range(min(_SHOWN, len(flag.visits)))),
        *([f"  … {len(flag.visits)} visits in all"] if len(flag.visits) > _SHOWN else []),
    ]


def _visit(flag: Flag, at: int, day: DayText = day_text) -> str:
    visit = flag.visits[at]
    served = "" if visit.served_s is None else f"  办理 (served) {visit.served_s / 60:.1f} min"
    return f"{_when(flag, visit.t, day)}  {visit.window}  {visit.ticket}{served}"


def _strength(flag: Flag) -> str:
    if flag.is_watch:
        return (
            f"这些数据，若此人的做法确与大厅其他人员不同，出现的可能是“与大厅一样”的约 {_times(flag.log10_lr)} 倍"
            "（10 倍弱，100 倍值得注意，1000 倍强）。"
            "它说明不了原因：故障与有意，数据上分不开。这不是违规的概率，须由人查明。"
        )
    return (
        f"这些数据，若有人代按，出现的可能是“全部由群众自己按”的约 {_times(flag.log10_lr)} 倍"
        "（10 倍弱，100 倍值得注意，1000 倍强）。这是证据的强度，不是违规的概率，结论须由人核查后作出。"
    )


def _strength_en(flag: Flag) -> str:
    if flag.is_watch:
        return (
            f"These figures are about {_times(flag.log10_lr)} times likelier if this clerk's ways differ from the "
            "hall's than if they don't (10 weak, 100 notable, 1000 strong). They don't tell why: a fault and an intent "
            "look alike. This is strength of evidence, no probability of guilt; people find out."
        )
    return (
        f"These figures are about {_times(flag.log10_lr)} times likelier if somebody pressed for citizens than "
        "if citizens pressed (10 weak, 100 notable, 1000 strong). This is strength of evidence, no probability of "
        "guilt; people decide."
    )


def _suspect(flag: Flag, at: int, day: DayText = day_text) -> str:
    press = flag.suspects[at]
    when = _when(flag, press.t, day)
    ticket = f"{press.ticket}" if press.ticket is not None else "—"
    delay = "" if press.delay_s is None else f"  {press.delay_s:+.1f} s"
    other = "" if press.other is None else f"  手机 (phone) {_level(flag, press.other)}"
    return f"{when}  {press.window}  {ticket}  {_level(flag, press.level)}{delay}{other}"


def _level(flag: Flag, rank: int) -> str:
    level = flag.level(rank)
    return f"[{rank}]" if level is None else f"[{level} {LEVEL_WORDS[level]}]"


def _when(flag: Flag, t: float, day: DayText) -> str:
    second = int(t % DAY_MS) // 1000
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{day(int(t // DAY_MS), flag.first_day)} {clock}"


def _times(decades: float) -> str:
    """A ratio as people read it: two figures, and no more than a million."""
    if decades >= 6:
        return "1,000,000+"
    value = 10**decades
    digits = max(0, math.floor(decades) - 1)
    return f"{int(value // 10**digits * 10**digits):,}"


def _percent(share: float) -> str:
    return f"{math.floor(share * 1000) / 10:.1f}%"


def _seconds(at: int) -> float:
    return round(FIRST_DELAY_S * math.exp(at * BIN), 3)
