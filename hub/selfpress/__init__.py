"""擅自按键 (self-press): presses that a clerk made in a citizen's place, found in the hall's own events.

Pure: numpy and closed forms; no clock, no files. `Detector` takes events day by day and raises flags; `detect`
answers a hall log. A flag is a suspicion with counts to check; people find.
"""

from hub.selfpress.detector import Detector, detect
from hub.selfpress.explain import chinese, english
from hub.selfpress.flags import VERSION, Flag, ebh_levels, flag_of
from hub.selfpress.patterns import WATCHES
from hub.selfpress.picture import picture
from hub.selfpress.reading import Event, Reader
from hub.selfpress.words import HABITS, INQUIRIES, WORDS

__all__ = [
    "HABITS",
    "INQUIRIES",
    "VERSION",
    "WATCHES",
    "WORDS",
    "Detector",
    "Event",
    "Flag",
    "Reader",
    "chinese",
    "detect",
    "ebh_levels",
    "english",
    "flag_of",
    "picture",
]
