"""`make docs`: what the documentation says of the code and of the records is made from them.

A page holds hand-written text, and blocks between `<!-- NAME: begin -->` and `<!-- NAME: end -->`, which
`__main__` makes anew; the picture and `peers.md` are made as a whole. `tests/test_docs.py` makes all of them
and compares, so that a change of the code without its documentation fails the gate.

| module | makes |
|---|---|
| `marks` | a page with its blocks replaced |
| `words` | commands, names, error codes, settings, targets of make |
| `wire` | the protocol's objects, from the msgspec structs and the comments behind their fields |
| `options` | usage and options, from the argparse parsers |
| `limits` | the tables of limits, from the fields of Limits and the comments above them |
| `figures` | the README's claim, from the records of the load suite |
| `bars` | the picture: a bar chart as SVG |
"""
