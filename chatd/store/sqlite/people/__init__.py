"""Accounts, devices, invites and read marks, in the same database as the log.

All accounts and devices are in memory above; here they are read at the start, and written. The thread that
commits writes them in transactions of their own, between those of entries, so that an entry costs nothing
more. What is unread is counted by the thread that reads.

| module | holds |
|---|---|
| `service` | what the rest of the server sees: an AccountStore |
| `asking` | its questions, which are put to the thread that reads |
| `keeps` | what may be lost in a power cut and is not written yet, merged |
| `changing` | how a change, and what is kept, become statements |
| `writer` | what the thread that commits does |
| `unread` | what the thread that reads does |
| `beginning` | who there is at the start |
| `person_files` | all that is kept of a person, in pages |
| `erasing` | all of a person goes, so that nobody feels it |
| `person_rows` | what the threads do for these two |
| `invites` | what is known of invites; how `chatd invite` makes one |
"""
