"""Keeping rooms and the server civil: roles, and what those may do who have one."""
