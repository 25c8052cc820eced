"""Everything that touches a wire; knows no hall."""
