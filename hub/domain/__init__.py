"""Pure rules of a hall: facts, queueing, rating, calendar. No clock, no I/O, no framework."""
