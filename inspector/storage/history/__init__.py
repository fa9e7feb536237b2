"""Judged parts and reviews in a database, with their pictures in files.

Only `store` and its imports load SQLAlchemy. This package does not, because `inspector --help` and the window's first
paint must not wait for it. Import `store` inside the function that opens the history.
"""
