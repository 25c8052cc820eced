"""The command line. Each command is a thin shell over what it names; errors are one line on stderr.

app       the commands' tree, errors and exit codes
faults    what goes wrong, in one line
options   options that several commands share
progress  bars on a terminal, nothing elsewhere
serve log tokens devices bench demo    the commands
"""

from hub.cli.app import main

__all__ = ["main"]
