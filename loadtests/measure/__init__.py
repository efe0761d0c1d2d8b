"""What is measured, as data: runs, samples, latencies, what processes use, and the errors that end a run."""
