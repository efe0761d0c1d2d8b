"""The only place that waits: sockets, greenlets, timers and the log's output."""
