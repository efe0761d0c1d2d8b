"""What is set from outside: the options of the command line, and the file with the same ones."""
