"""Fixtures for the tests of lifecycle."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_init, post_save, pre_save
from pytest_django import DjangoDbBlocker

from core.signals import rows_written
from lifecycle.apps import LifecycleConfig
from proofs.lifecycle import MODELS, TABLES

SIGNALS = (post_init, pre_save, post_save, rows_written)


@pytest.fixture(scope="package")
def tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tables of the models of these tests."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in TABLES:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in reversed(TABLES):
                editor.delete_model(model)


@pytest.fixture
def notes(tables: None, db: None) -> Iterator[None]:
    """The models of these tests are guarded."""
    before = [list(signal.receivers) for signal in SIGNALS]
    for model in MODELS:
        LifecycleConfig.connect(model)
    yield
    for signal, receivers in zip(SIGNALS, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def empty_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker, pytestconfig: pytest.Config) -> Iterator[str]:
    """The alias of a database without any table, for tests of migrations. For tests that use no other one."""
    if pytestconfig.getoption("nomigrations"):
        pytest.skip("there are no migrations with --no-migrations")
    databases = {"default": {}, "empty": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "empty.sqlite3"}}
    connections.settings["empty"] = connections.configure_settings(databases)["empty"]
    with django_db_blocker.unblock():
        yield "empty"
    connections["empty"].close()
    del connections["empty"], connections.settings["empty"]


@pytest.fixture
def opened(db: None) -> Callable[..., AbstractContextManager[BaseDatabaseWrapper]]:
    """``with opened(**changed) as connection:`` one more connection to the database, its settings changed."""

    @contextmanager
    def opened(**changed: Any) -> Iterator[BaseDatabaseWrapper]:
        other = connection.copy()
        other.settings_dict |= changed
        try:
            yield other
        finally:
            BaseDatabaseWrapper.close(other)  # SQLite's own leaves a database in memory open

    return opened
