"""What Alembic runs around the steps: they go through the connection and the transaction that `schema` has opened."""

from alembic import context

from inspector.storage.history.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
