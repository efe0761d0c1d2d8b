"""What the load suite's reports and pages look like in a real browser."""
