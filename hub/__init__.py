"""The hub: decides, remembers and tells."""

__version__ = "0.1.0"
