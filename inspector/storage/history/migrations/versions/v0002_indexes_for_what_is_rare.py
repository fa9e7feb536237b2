"""Indexes that answer without reading rows: of scores with all filtered columns, and of the reviewed parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the index of scores and add an index of reviewed parts, which costs nothing when parts are added."""
    op.drop_index("ix_inspections_score", "inspections")
    wide = ["relative_score", "id", "inspected_at", "verdict", "decision"]
    op.create_index("ix_inspections_score", "inspections", wide)
    reviewed = sa.text("decision IS NOT NULL")
    columns = ["bundle_id", "verdict", "decision"]
    op.create_index("ix_inspections_reviewed", "inspections", columns, sqlite_where=reviewed, postgresql_where=reviewed)
