"""What is measured, as data: runs, samples, latencies, and the errors that end a run."""
