"""The load suite in locust: user classes, their figures in its statistics, and the report in its web UI."""
