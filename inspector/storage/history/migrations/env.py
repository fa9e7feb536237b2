"""The script that Alembic runs: the steps use the connection and the transaction that `schema` opened."""

from alembic import context

from inspector.storage.history.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
