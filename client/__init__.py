"""The terminal client of chatd. Start reading at `client.__main__`."""
