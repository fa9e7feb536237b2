"""The database of the history: tables, schema version and connections."""
