"""What every emulated device stands on: device time, wires with their faults, ports, a log of the truth.

A hall's worth of hardware is put together from four pieces:

    pace = Pace(60, patience_s=0.2, host_scale=1)  # devices live 60 times as fast; the program counts real seconds
    wire = Wire(pace, baud=9600, seed=1)           # one RS-485 pair; Wire(..., half_duplex=False) is RS-232
    port = PtyPort(wire, folder / "pads"); port.plug()   # the program under test opens this path
    pads = Keypads(wire, truth=Truth(pace)); pads.add(3); pads.press(3, 1)

* `clock`: `Pace` (scaled loop time) and `HandClock` (time that stands still until it is advanced), both a `Clock`.
* `wire`: `Wire` and `Station`: bytes take their time, overlapping bytes are garbled, `Faults` spoil the rest.
* `ports`: `PtyPort` under a stable path and `TcpPort` on loopback; `unplug()` and `plug()` again.
* `tap`: `Tap`, a device's place on the wire: power, reboot, silence, slowness.
* `truth`: `Truth`, what really happened at the devices, to compare with what the program under test believes.

The device families' emulators (`drivers.<family>.emulator`) use these pieces and share no code with the protocols.
Times are device seconds throughout. Everything random comes from seeds. Nothing here starts a task or a thread.
"""
