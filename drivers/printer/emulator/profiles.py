"""What differs between printer models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Charset = Literal["gb2312", "gbk", "gb18030"]
Flow = Literal["hardware", "xonxoff", "none"]


@dataclass(frozen=True, slots=True)
class Profile:
    """One model: paper, font, sensors, abilities."""

    model: str
    dots: int
    """Printable width, 8 dots a mm."""
    charset: Charset = "gb18030"
    """Characters that its font has; others print as □, or as garbage where their code is not even known."""
    chinese_at_power_on: bool = True
    """Models for the Chinese market; export models are not."""
    process_id: bool = True
    """Whether it answers GS ( H: most clones do not."""
    has_cutter: bool = True
    full_cut: bool = False
    """Kiosk modules mostly cut partially, whatever they are told."""
    near_end_sensor: bool = True
    buffer: int = 4096
    busy_off_line: bool = False
    """Whether it stops reading as soon as it is off-line, not only when its buffer is full: by the DIP switch."""


PAPER_58 = Profile("K58", 384)
PAPER_80 = Profile("K80", 576)
