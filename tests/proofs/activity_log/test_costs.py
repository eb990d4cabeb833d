"""Recording costs one INSERT and nothing else, a model that is not named pays nothing, and pages use an index."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_init, post_save, pre_delete, pre_init, pre_save
from django.test import Client

from activity_log.models import ActivityEntry
from core.signals import rows_written
from pages.models import Page, Tag
from proofs.activity_log import Plain, Unnamed, statements
from testing.signals import muted

ENTRY = "INSERT activityentry"


def create(title: str = "x") -> Page:
    return Page.objects.create(title=title, slug=title)


def update() -> None:
    page = Page.objects.get(slug="old")
    page.title = "New"
    page.save()


ACTS: dict[str, Callable[[], object]] = {
    "create": create,
    "update": update,
    "update nothing": lambda: Page.objects.get(slug="old").save(),
    "delete": lambda: Page.objects.get(slug="old").delete(),
    "bulk": lambda: Page.objects.update(title="x"),
    "clear": lambda: Page.objects.get(slug="old").tags.clear(),
}


SIGNALS = (pre_save, post_save, pre_delete, post_delete, m2m_changed, rows_written)


def alone(act: Callable[[], object]) -> list[str]:
    """The statements of Django alone, with receivers that do nothing."""
    with ExitStack() as stack:
        for signal in SIGNALS:
            stack.enter_context(muted(signal))
        return statements(act)


@pytest.fixture(autouse=True)
def no_other_apps() -> Iterator[None]:
    """Without the receivers of other apps."""
    with ExitStack() as stack:
        for signal in SIGNALS:
            for sender in (Page, Tag, Page.tags.through):
                for receiver in signal._live_receivers(sender)[0]:
                    if not receiver.__module__.startswith("activity_log"):
                        stack.enter_context(muted(signal, receiver))
        yield


@pytest.fixture
def old(db: None) -> Page:
    """A page with a tag, made unseen."""
    page = create("old")
    page.tags.add(Tag.objects.create(name="x", slug="x"))
    return page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ACTS)
def test_one_insert_and_nothing_else(old: Page, name: str) -> None:
    with transaction.atomic():
        bare_statements = alone(ACTS[name])
        transaction.set_rollback(True)
    ours = statements(ACTS[name])
    assert [each for each in ours if each not in {"BEGIN", "COMMIT", ENTRY}] == bare_statements
    assert ours.count(ENTRY) == ours.count("BEGIN") == ours.count("COMMIT") == 1


def test_500_rows_deleted_by_a_queryset(tables: None, db: None, request: pytest.FixtureRequest) -> None:
    Plain.objects.bulk_create(Plain(number=number) for number in range(500))
    assert statements(Plain.objects.all().delete) == ["DELETE plain"]
    request.getfixturevalue("things")
    Plain.objects.bulk_create(Plain(number=number) for number in range(500))
    ours = statements(Plain.objects.all().delete)
    assert ours == ["SELECT", *["DELETE plain"] * 5, ENTRY]
    assert ActivityEntry.objects.filter(model="activity_log.plain", kind="deleted").count() == 500


@pytest.mark.usefixtures("things")
class TestNotNamed:
    def test_no_query_more(self, db: None) -> None:
        unnamed = Unnamed(number=1)
        assert statements(unnamed.save) == ["INSERT unnamed"]
        assert statements(unnamed.save) == ["UPDATE unnamed"]
        assert statements(unnamed.delete) == ["DELETE unnamed"]
        Unnamed.objects.bulk_create(Unnamed(number=number) for number in range(500))
        assert statements(Unnamed.objects.all().delete) == ["DELETE unnamed"]

    @pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, post_delete])
    def test_no_receiver(self, signal: Any) -> None:
        def ours(model: type[Model]) -> bool:
            return any(receiver.__module__.startswith("activity_log") for receiver in signal._live_receivers(model)[0])

        assert not ours(Unnamed)
        assert ours(Plain)


@pytest.mark.django_db
def test_loading_and_saving_leave_nothing_in_an_instance() -> None:
    page = create()
    page.save()
    loaded = Page.objects.get()
    assert vars(page).keys() == vars(loaded).keys()
    for signal in (pre_init, post_init):
        for receiver in signal._live_receivers(Page)[0]:
            assert not receiver.__module__.startswith("activity_log")


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=5",
        "?q=admin@example.com",
        "?kind__exact=changed",
        "?model=pages.page",
        "?model=pages.page&object_key=5",
        "?object_key=5",
        "?user=5",
    ],
)
def test_an_index_finds_what_a_page_shows(admin_client: Client, query: str, plans: Callable[..., list[str]]) -> None:
    found = plans(admin_client, f"/admin/activity_log/activityentry/{query}", "activity_log_activityentry")
    assert found
    for plan in found:
        assert "Seq Scan on activity_log" not in plan, plan
        assert "?q=" in query or "Sort" not in plan, plan
