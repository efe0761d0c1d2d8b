"""Words and bytes: what client and server say to each other, without any I/O.

Shared by the server, the terminal client and the load suite. A module here imports from here only.
"""
