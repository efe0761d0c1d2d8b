"""The engines of the message log."""
