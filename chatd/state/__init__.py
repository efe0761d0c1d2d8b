"""Who is here, and what waits for them. Nothing here waits, logs, or knows a socket."""
