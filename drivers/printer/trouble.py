"""A printer's status in words for people, and as health."""

from __future__ import annotations

from drivers.printer import PrinterStatus
from drivers.registry import DeviceState

SILENT = "打印机无应答 no answer"


def silent(status: PrinterStatus) -> bool:
    """Whether the printer has not answered."""
    return status.online == "unknown"


def trouble(status: PrinterStatus) -> str:
    """What keeps the printer from printing; empty where nothing is known to."""
    found = [
        ("缺纸 paper out", status.paper == "out"),
        ("上盖打开 cover open", status.cover_open == "yes"),
        ("切刀故障 cutter error", status.cutter_error == "yes"),
        ("打印头过热 head too hot", status.head_hot == "yes"),
        ("打印机故障 printer error", status.error == "yes"),
    ]
    causes = [text for text, is_so in found if is_so]
    if not causes and status.online == "no":
        waits = status.awaits_recovery == "yes"
        causes = ["打印机脱机，请按走纸键恢复 off-line, press FEED" if waits else "打印机脱机 off-line"]
    return ", ".join(causes)


def health_of(status: PrinterStatus, before: PrinterStatus) -> tuple[DeviceState, str]:
    """State and detail: `ok` only where the printer says so, `degraded` where a person has to come.

    A printer in trouble may fall silent because of it (its flow control stops our questions): `before` says so.
    """
    if silent(status):
        last = trouble(before)
        return "unknown", f"{SILENT}; 此前 before that: {last}" if last else SILENT
    if found := trouble(status):
        return "degraded", found
    return ("degraded", "纸将尽 paper near end") if status.paper == "near_end" else ("ok", "")
