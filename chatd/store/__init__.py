"""The engines of the message log: where entries are kept. They may wait for a disk; nothing above may."""
