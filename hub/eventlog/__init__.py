"""The event log: append-only, durable before anybody is told, chained row by row.

tables      what lies in the database
database    engines, locks, schema
writer      the one thread that appends
log         EventLog: append, read, snapshots
verify      check the chain, the head and the personal values
"""

from hub.eventlog.database import Database, DataLock
from hub.eventlog.log import EventLog
from hub.eventlog.verify import Checkpoint, Verdict, verify
from hub.eventlog.writer import Row

__all__ = ["Checkpoint", "DataLock", "Database", "EventLog", "Row", "Verdict", "verify"]
