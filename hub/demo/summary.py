"""What the demo says at its end: the figures, the devices' log against the hub's, and who cheated."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.demo.audit import Audit
from hub.demo.books import Books
from hub.demo.folder import Folder
from hub.demo.town import Town
from hub.demo.tricks import TRICKS
from hub.demo.witness import Witness
from hub.domain.state import Case
from hub.eventlog.verify import Verdict
from hub.selfpress import WORDS


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known when the hall has closed."""

    town: Town
    folder: Folder
    days: int
    """Whole days that were simulated."""
    real_s: float
    books: Books
    audit: Audit
    witness: Witness
    verdict: Verdict | None
    """Of the event log's chain; None where it was not checked."""
    errors: int
    """Errors in the hub's log lines."""
    overruns: int
    flags: tuple[Case, ...] = ()
    """What the detector raised."""

    @property
    def holds(self) -> bool:
        """Whether the hub's log tells what happened."""
        chain = self.verdict is None or self.verdict.bad_seq is None
        return self.audit.holds and chain and not self.books.repeated_numbers and not self.errors and not self.overruns


def tell(ending: Ending, console: Console) -> None:
    """Print it."""
    books = ending.books
    minutes, seconds = divmod(int(ending.real_s), 60)
    console.print()
    console.print(
        f"演示结束 (the end): {len(ending.town.windows)} 个窗口，完整 {ending.days} 天，"
        f"实际用时 {minutes} 分 {seconds} 秒",
        style="bold",
    )
    console.print(
        f"取号 {books.issued} · 办结 {books.finished} · "
        f"评价 {books.rated}（{books.rated_percent or '–'}%，其中手机 {books.by_phone}）"
        f" · 过号 {books.missed}，复到 {books.returned} · 平均等候 {books.wait_min} 分钟 · 事实 {books.facts} 条",
        soft_wrap=True,
    )
    console.print(_comparison(ending))
    for line in _trouble(ending):
        console.print(f"✗ {line}", style="bold white on red", soft_wrap=True)
    if ending.holds:
        console.print(
            "✓ 设备上发生的与中枢日志完全一致 (the hub's log tells what happened at the devices)", style="bold green"
        )
    _tell_cheats(ending, console)
    console.print(f"明细 (table): {ending.folder.summary}", soft_wrap=True)


def _comparison(ending: Ending) -> Table:
    audit = ending.audit
    table = Table(box=None, pad_edge=False)
    table.add_column("对照 compared")
    table.add_column("设备 at the devices", justify="right")
    table.add_column("中枢 in the hub's log", justify="right")
    made, acked = audit.pressed + audit.keyed, audit.acked
    table.add_row(
        "按键 presses (评价键 + 叫号器)", f"{audit.pressed} + {audit.keyed}", f"应答 acknowledged {acked}/{made}"
    )
    table.add_row("线上的帧 frames", str(audit.frames_sent), f"存下 stored {audit.frames_stored}")
    table.add_row("号票 slips", f"打印 printed {audit.printed}", f"记录 {audit.slips}，取号 tickets {audit.tickets}")
    table.add_row("点亮评价器 armed by wire", str(audit.armed), f"邀请 invites {audit.invites}")
    return table


def _trouble(ending: Ending) -> list[str]:
    found = list(ending.audit.differences)
    if ending.audit.more:
        found.append(f"还有 {ending.audit.more} 处不一致 (more differences)")
    if ending.books.repeated_numbers:
        found.append(f"号码重复 (number twice): {'、'.join(ending.books.repeated_numbers[:5])}")
    if ending.verdict is not None and ending.verdict.bad_seq is not None:
        found.append(f"事件日志第 {ending.verdict.bad_seq} 条有误 (chain): {ending.verdict.reason}")
    if ending.errors:
        found.append(f"中枢日志中有 {ending.errors} 条错误，见 {ending.folder.log} (errors in the hub's log)")
    if ending.overruns:
        found.append(f"串口丢失 {ending.overruns} 字节 (bytes lost at the ports)")
    return found


def _tell_cheats(ending: Ending, console: Console) -> None:
    counts = ending.witness.presses_by_trick()
    if not counts:
        return
    console.print(
        "擅自按键的真相，中枢未被告知 (who pressed the keypad themselves; the hub was never told)", style="bold"
    )
    seats = {window.clerk: window.number for window in ending.town.windows}
    for (clerk, trick), count in sorted(counts.items()):
        chinese, english = TRICKS[trick]
        line = Text(f"  {seats[clerk]}号窗口 {ending.town.clerk(clerk).name}（{clerk}）：{chinese} {count} 次")
        console.print(line.append(f" ({english})", "dim"), soft_wrap=True)
    _tell_flags(ending, console)


def _tell_flags(ending: Ending, console: Console) -> None:
    """What the detector made of it, from the hub's own facts."""
    console.print("系统提出的疑似，供人核查 (what the detector flagged)", style="bold")
    if not ending.flags:
        console.print("  无；证据随天数积累 (none yet: evidence grows with the days)", style="dim")
    for case in reversed(ending.flags):
        words = WORDS[case.pattern]
        kind = "甲类" if case.tier == "A" else "乙类"
        line = Text(f"  {ending.town.clerk(case.clerk).name}（{case.clerk}）：{words.zh}，{kind}")
        times = f" ({words.en}, tier {case.tier}, 10^{case.strength_centi / 100:.1f} : 1)"
        console.print(line.append(times, "dim"), soft_wrap=True)
