"""The hub: decides, remembers and tells."""
