"""The engine that keeps the log in an SQLite database.

Seven threads work for the event loop, each one job at a time: one commits, one syncs, one reads, one moves
the write-ahead log into the database, one indexes words, two search. A busy loop in pure Python gives other
threads little time (the interpreter's lock), so a job is one statement, with JSON in and out.

| module | holds |
|---|---|
| `engine` | what the rest of the server sees: a MessageLog |
| `line` | what waits to be handed to the thread that commits |
| `hand_overs` | when that is |
| `teller` | what is committed: published and acknowledged, a few milliseconds at a time |
| `durability` | when to sync, what happens when that fails, when the write-ahead log is emptied |
| `worker` | a thread, and how it tells the loop |
| `write_jobs` `room_changes` `kept_changes` `guest_changes` | what is written with the entries, or soon |
| `acts` | acts of moderation, what holds because of them, the audit, and what they delete |
| `pages` | questions about what was said: answered from memory, or by the thread that reads |
| `retention` `removing` | what is kept no longer is removed |
| `unhurried` | what takes long and nobody waits for: a step at a time, beside all else |
| `writing` `reading` `missed` `syncing` | what the threads do |
| `files` | all that is open |
| `folder` `opening` `schema` | the folder with its lock, the database in it, its tables |
| `times` | which entries were said before a time |
| `search/` | the index of words, and searches |
| `people/` | accounts, devices, invites and read marks |
| `beginning` | what the database knows from before |
| `looking` `copying` `summary` | a log is read, copied and counted by a process that is no server |
"""
