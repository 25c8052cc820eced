"""Sans-I/O wire protocols: bytes in, events out; commands in, bytes out."""
