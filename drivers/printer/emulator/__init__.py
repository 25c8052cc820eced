"""ESC/POS slip printers, the printer's side of the wire (devices.md §1.1, §1.2, §1.5).

    wire = Wire(pace, baud=19200, half_duplex=False)
    printer = Printer(wire, truth=truth, profile=PAPER_80)
    printer.slips[0].text           # what a citizen reads on it, line by line

Bytes wait in a bounded receive buffer that empties at the print head's speed; a full buffer holds the line back (or
sends XOFF, or loses bytes, by `flow`). DLE EOT is answered the moment it is heard, wherever it stands and in whatever
state the printer is; everything else waits its turn and stands still while the printer is off-line, so the rest of a
slip comes out after a refill.

`Printer.slips` holds the slips that were cut off, `on_platen` what was printed since. `picture.draw` (needs Pillow)
makes a bitmap of a slip.

Knobs: `run_out() run_out_after(lines) near_end() refill() open_cover() close_cover() jam_cutter() jam_at_next_cut()
overheat() cool_down() set_drawer() babble(count) slow`, and those of `tap` (`off() on() reboot() silent slow_s`).

Truth log: printed {slip, text, qr}; stopped {why}; resumed; answered {raw}; passed_over {raw} (unknown commands);
overrun {bytes}; recovered; pulsed.
"""

from drivers.printer.emulator.device import Printer
from drivers.printer.emulator.profiles import PAPER_58, PAPER_80, Profile
from drivers.printer.emulator.slip import Cut, Feed, QrCode, Raster, Run, Slip, TextLine

__all__ = ["PAPER_58", "PAPER_80", "Cut", "Feed", "Printer", "Profile", "QrCode", "Raster", "Run", "Slip", "TextLine"]
