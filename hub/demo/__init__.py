"""The demo: a whole hall on emulated devices, driven by the real hub and the real drivers.

town, habits, plan, tricks   who is in the hall and what they mean to do, drawn from one seed
hardware, halltoml, folder   the devices on their ptys, the hall's configuration, where it all lies
agenda, days                 the hall's time: what is due, day after day, quiet times skipped
floor, citizens, clerks, hands, http   people who play their plans through pads, keypads and the API
witness, audit, books, summary         what happened, compared with what the hub says
opening, hublog              tokens, links, log lines
story, screen, show          what is seen of it, and `run`
"""

from hub.demo.show import Options, run

__all__ = ["Options", "run"]
