"""Simulated halls to measure the detector on: what they know of it is only `hub.selfpress.detect`.

Every constant is invented: figures rank methods and show limits, they forecast no real hall. DEVELOPMENT halls may be
used for tuning; UNSEEN ones have other behaviours and strategies. A kind whose result has led to a change of the
detector is no longer unseen, and new kinds have to take its place: UNSEEN has been used so, RESERVE has not, and is for
measuring only.
"""
