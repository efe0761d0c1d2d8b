"""What an operator does with a data folder, beside a server that runs or after one that has ended.

`table` has the commands, each in a module of its own with its arguments and what it does; `contract` what
they share.
"""
