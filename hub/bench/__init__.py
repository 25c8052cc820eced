"""`hallhub bench`: measure the hub beside the floor that the same machine sets in the same minutes.

A time means nothing alone, so every figure is a ratio of two things measured in turns, five rounds or more, and the
floor is printed beside it. Nothing here is asserted in a test; a bar that is missed is said to be missed.

    result     one figure and how it is judged
    floors     what disk and library can do at best
    trace      what strace saw of a press
    rooms      a hall to measure in: folders, ptys, processes
    press fsync store issue call serial restart memory selfpress    one module a benchmark
    halls      simulated halls for selfpress
"""
