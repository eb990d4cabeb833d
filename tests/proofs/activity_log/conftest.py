"""Fixtures for the tests of activity_log."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import User
from activity_log import named
from activity_log.apps import ActivityLogConfig
from core.signals import rows_written
from pages.models import Page
from proofs.activity_log import CASELESS, RECORDED, SETTING, TABLES

SIGNALS = (pre_save, post_save, pre_delete, post_delete, rows_written, m2m_changed)


@pytest.fixture(scope="package")
def tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tables of the models of these tests."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            if connection.vendor == "postgresql":
                options = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
                editor.execute(f"CREATE COLLATION {CASELESS} ({options})")
            for model in TABLES:
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in reversed(TABLES):
                editor.delete_model(model)
            if connection.vendor == "postgresql":
                editor.execute(f"DROP COLLATION {CASELESS}")


@pytest.fixture
def things(tables: None, settings: Settings) -> Iterator[None]:
    """The models of these tests are named, besides the others."""
    settings.ACTIVITY_LOG = settings.ACTIVITY_LOG | SETTING
    before = [list(signal.receivers) for signal in SIGNALS]
    named.forget()
    for model in RECORDED:
        ActivityLogConfig.connect(model)
    yield
    for signal, receivers in zip(SIGNALS, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()
    named.forget()


@pytest.fixture
def rewired(settings: Settings) -> Iterator[None]:
    """After the test, everything is connected as the settings say again."""
    before, recorded = [list(signal.receivers) for signal in SIGNALS], settings.ACTIVITY_LOG
    yield
    settings.ACTIVITY_LOG = recorded  # what the test has set is there until all fixtures have ended
    for signal, receivers in zip(SIGNALS, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()
    named.forget()
    apps.get_app_config("activity_log").ready()


@pytest.fixture
def user(db: None) -> User:
    """Somebody."""
    return User.objects.create_user("ada@example.com", "correct horse 9", name="Ada")


@pytest.fixture
def page(user: User) -> Page:
    """A page of somebody's."""
    return Page.objects.create(title="News", slug="news", body="Text", author=user)
