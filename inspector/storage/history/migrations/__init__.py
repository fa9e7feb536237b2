"""Alembic's scripts: one step from each version of the tables to the next; none is changed once it was released."""
