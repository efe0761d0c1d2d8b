"""From runs to tables, pages and the README."""
