"""Put a slip on paper: the one place of the kiosk that knows printers."""

from __future__ import annotations

from drivers.printer import Element, Feed, Job, Printer, Qr, Receipt, Rule, Text
from kiosk.slip import Code, Divider, Gap, Line, SlipElement, SlipView, slip


async def print_slip(printer: Printer, view: SlipView, *, job: str = "", after_a_half: bool = False) -> Receipt:
    """Print a ticket's slip, laid out for the printer's paper; `job` names it in the receipt, else its number does.

    `after_a_half`: part of a slip may stand in the printer; it is cut off first.
    """
    elements = tuple(_element(element) for element in slip(view, printer.columns))
    return await printer.print(Job(job or view.number, elements, after_a_half=after_a_half))


def _element(element: SlipElement) -> Element:
    match element:
        case Line(text, size, bold):
            return Text(text, size=size, bold=bold, align="centre")
        case Code(data, module_dots):
            return Qr(data, module_dots)
        case Divider():
            return Rule()
        case Gap():
            return Feed(1)
