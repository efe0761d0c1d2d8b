"""The load suite in locust: user classes, their figures in locust's statistics, and the live page."""
