"""What a printer model can do, and the models known by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Charset = Literal["gb2312", "gbk", "gb18030"]
Cutter = Literal["feed", "full", "partial", "old_full", "old_partial", "none"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A printer's paper and abilities."""

    dots: int
    """Printable dots a row."""
    columns: int
    """ASCII characters of size 1 a line; each is 12 dots wide (font A)."""
    charset: Charset = "gb18030"
    """What the character ROM holds; anything else is drawn as an image."""
    native_qr: bool = True
    """Knows GS ( k; else QR codes are drawn as images."""
    process_id: bool = False
    """Echoes GS ( H when everything before it is processed: the only true proof that a slip is out."""
    asb: bool = False
    """Sends four status bytes by itself at each change (GS a)."""
    cutter: Cutter = "feed"
    """`feed`: feeds to the blade by itself, then a partial cut; `old_…`: ESC i and ESC m; `none`: a tear bar."""
    feed_lines: int = 3
    """Lines fed before the cut so that the last line stands clear of the blade."""


PROFILES: Mapping[str, Profile] = {
    "58mm": Profile(dots=384, columns=32, cutter="partial"),
    "80mm": Profile(dots=576, columns=48),
    # Epson's TM series at 203 dpi: the blade's distance is fed by GS V 66 itself.
    "epson": Profile(dots=576, columns=48, process_id=True, asb=True, feed_lines=0),
}
