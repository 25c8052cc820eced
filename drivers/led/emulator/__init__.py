"""Onbon BX-5K/6K window signs, the card's side of the wire (devices.md §2.1 and §2.6).

    signs = Signs(wire, truth=truth)
    signs.add(1, program="欢迎光临")
    signs.what_is_shown(1)          # "A001请到3号窗口", "" while it is blank

`Sign` is one card, `Signs` a line of them; over TCP it is a `TcpPort` on `Wire(…, baud=None, half_duplex=False)`.
The card passes over other addresses in silence, answers only where it is asked to and never a broadcast, 5 to 50 ms
after the frame's end, refuses what is damaged, keeps its areas in RAM, and blanks them when their time is out.

Knobs: those of `tap` (`off() on() reboot() silent slow_s`), `turn_round_s`, `address`.

Truth log: updated {area, text, run_mode, timeout_s}; deleted {areas}; cleared; dimmed {level}; switched {on};
clock_set {time}; reset; written {bytes} (flash); answered {raw}; refused {reason, raw}.
"""

from drivers.led.emulator.card import Sign, Signs
from drivers.led.emulator.picture import Area, Shown

__all__ = ["Area", "Shown", "Sign", "Signs"]
