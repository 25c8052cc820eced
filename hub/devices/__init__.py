"""Drivers ⇄ hall: what the devices say becomes the hall's facts, what the hall tells becomes device words.

supervisor   one task a port: connect, run, report up and down, connect again
keypads      presses and pad keys in; acknowledgements, invitations and displays out
printers     a slip for each ticket that names the kiosk
signs        each window's sign shows its state
"""

from hub.devices.checks import InstalledDriver, check_drivers, installed_drivers, levels_of
from hub.devices.supervisor import Devices

__all__ = ["Devices", "InstalledDriver", "check_drivers", "installed_drivers", "levels_of"]
