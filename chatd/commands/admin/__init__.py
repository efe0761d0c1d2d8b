"""`chatd admin`: looking after a server from the shell of its machine.

`table` has what can be done, `requests` what is asked for then, `asking` where: of the server, or on the data
itself where none runs. `showing` is for people, `personal` is export and delete, `files` invite and backup.
"""
