"""Search: an index of words beside the log, in a file of its own, `search.sqlite3`.

Nothing that the index does holds up a commit; a damaged one is thrown away and made anew from the log; a
backup does not carry it. It is kept up behind the commits, a second's entries at a step, by a thread of its
own. Two others search: one all that is quick, and one what turned out not to be.

The index knows words and ids, and no texts: what is found is looked up in the log, and what the log does not
have (any more) is no hit. So it may lag behind the log after a crash, or know what the log lost.

It is made of parts of half a million entries, each an FTS5 table. The newest is written. A search takes one
part after the other, newest first, and so need not look into the older ones where it has enough; it looks at
the clock between them, and within one wherever FTS5 reads pages. What is removed entry by entry is forgotten
part by part in the end.

| module | holds |
|---|---|
| `service` | what the engine sees: search, and take out of the index |
| `upkeep` | when the index is brought up to date, made anew, or given a rest |
| `words` | an entry as words of the index; a question as FTS5 reads it |
| `index_file` | the file: opened, or made anew; its parts |
| `index_writer` | what the thread of the index does |
| `searcher` | what the thread that searches does |
| `examining` | whether an index is sound, for `chatd check` |
"""
