"""Judged parts and reviews in a database, with their pictures in files.

SQLAlchemy is imported by `store` and what it needs, and not here: `inspector --help` and the window's first paint do
not wait for it. Who opens the history imports `store` inside a function.
"""
