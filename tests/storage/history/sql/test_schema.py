"""Which tables there are: models, migrations and databases agree."""

import subprocess
import sys
import threading
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Enum, inspect

from inspector.core.errors import HistoryError
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history import chain, migrations
from inspector.storage.history.sql import schema
from inspector.storage.history.sql.database import FILE_NAME, connect
from inspector.storage.history.sql.schema import SCHEMA, bring_up_to_date
from inspector.storage.history.sql.tables import FACTS, metadata
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged


@pytest.fixture
def database(tmp_path):
    opened = connect(URL.create("sqlite", database=str(tmp_path / FILE_NAME)))
    yield opened
    opened.close()


def test_migrations_lead_to_the_tables_that_the_program_uses(database):
    bring_up_to_date(database)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_comparison_notices_what_is_missing(database):
    bring_up_to_date(database)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP INDEX ix_inspections_part")
    with database.reading() as connection:
        (found,) = compare_metadata(MigrationContext.configure(connection), metadata)
    assert found[0] == "add_index"


def test_the_newest_step_is_the_version_that_the_program_expects():
    steps = ScriptDirectory(migrations.__path__[0])
    assert steps.get_heads() == [SCHEMA]
    versions = [step.revision for step in steps.walk_revisions()]
    assert versions == [f"{number:04d}" for number in range(len(versions), 0, -1)]


def test_a_database_that_is_up_to_date_is_opened_without_alembic(folder):
    History.open(folder).close()
    code = f"""
import sys
from inspector.storage.history.store import History
History.open({str(folder)!r}).close()
assert "alembic" not in sys.modules
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_an_upgrade_that_fails_leaves_nothing_behind(database, monkeypatch):
    real = schema._upgrade

    def upgrade_and_fail(connection):
        real(connection)
        raise HistoryError("disk", "the disk is full; free some space")

    monkeypatch.setattr(schema, "_upgrade", upgrade_and_fail)
    with pytest.raises(HistoryError):
        bring_up_to_date(database)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    bring_up_to_date(database)


def as_release(version, folder):
    """Write an empty history as a release with that version of the tables did."""
    folder.mkdir()
    database = connect(URL.create("sqlite", database=str(folder / FILE_NAME)))
    config = Config()
    config.set_main_option("script_location", schema._SCRIPTS)
    config.set_main_option("path_separator", "os")
    with closing(database), database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


@pytest.mark.parametrize("version", [f"{number:04d}" for number in range(1, int(SCHEMA))])
def test_a_history_of_an_older_release_is_brought_up_to_date_with_all_that_it_holds(folder, version, monkeypatch):
    as_release(version, folder)
    monkeypatch.setattr(schema, "SCHEMA", version)  # as that release, which left it as it was
    monkeypatch.setattr(chain, "append", lambda *_: None)  # and had no chain
    with History.open(folder) as history:
        number = history.add(judged(0, 1.5))
        history.review(number, Review(Decision.DEFECT, "Kim", NOON, "crack"))
        before = history.get(number)
    monkeypatch.undo()
    with History.open(folder) as history:
        assert history.get(number) == before
        (reviewed,) = history.reviewed_parts()
        assert (reviewed.verdict, reviewed.decision, reviewed.parts) == (Verdict.NG, Decision.DEFECT, 1)
        with history._database.reading() as connection:
            context = MigrationContext.configure(connection)
            assert context.get_current_revision() == SCHEMA
            assert compare_metadata(context, metadata) == []
        assert history.verify().intact
        history.undo_review(number, "Kim", NOON)
        assert history.verify().entries == 4


def test_several_programs_may_make_the_same_history_at_once(folder):
    numbers, failed = [], []

    def open_and_add(index):
        try:
            with History.open(folder) as history:
                numbers.append(history.add(judged(index)))
        except HistoryError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_and_add, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(numbers) == [1, 2, 3, 4]


def test_every_column_that_is_a_fact_is_guarded(database):
    bring_up_to_date(database)
    with database.reading() as connection:
        query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'inspections_no_update'"
        trigger = connection.exec_driver_sql(query).scalar_one()
    guarded = trigger.split("UPDATE OF", 1)[1].split(" ON ", 1)[0]
    assert {name.strip() for name in guarded.split(",")} == set(FACTS)


def test_a_verdict_of_a_later_release_needs_no_new_tables():
    column = metadata.tables["inspections"].c.verdict
    assert not isinstance(column.type, Enum)  # stored as the word that people read
    assert all(str(verdict) == verdict.value for verdict in Verdict)
