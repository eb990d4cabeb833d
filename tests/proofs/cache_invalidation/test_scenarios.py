"""However a reader and a writer interleave on two connections (S1 to S9), no later read is stale."""

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.signals import ModelSignal, post_save, pre_save

from cache_invalidation.generations import EVERYTHING, end_on_commit
from cache_invalidation.page_reads import page_name
from cache_invalidation.reads import read_through
from pages.models import Page
from proofs.cache_invalidation import elsewhere
from proofs.threads import run_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_cache", "about")]

# What a reader does between its look at the database and its return: nothing, unless a test says otherwise.
meanwhile: list[Callable[[], object]] = []


@pytest.fixture(autouse=True)
def nothing_meanwhile() -> Iterator[None]:
    yield
    meanwhile.clear()


def stored_title() -> str:
    """The title of the page, slowly."""
    found = Page.objects.get(slug="about").title
    if meanwhile:
        meanwhile.pop()()
    return found


def title() -> str:
    """The same through the cache."""
    return read_through("title", depends_on=[page_name("about")], produce=stored_title, timeout=300)


def write(value: str) -> None:
    """Change the title, as anybody would."""
    page = Page.objects.get(slug="about")
    page.title = value
    page.save()


def fresh() -> bool:
    """Whether what is read through the cache is what the database has, here and elsewhere."""
    now = Page.objects.get(slug="about").title
    return title() == elsewhere(title) == title() == now


def test_s1_a_reader_between_the_signal_and_the_commit() -> None:
    with transaction.atomic():
        write("new")
        assert elsewhere(title) == "old"
    assert fresh()
    assert title() == "new"


def test_s2_a_slow_reader_stores_what_it_has_read_after_the_commit() -> None:
    meanwhile.append(lambda: elsewhere(partial(write, "new")))
    assert title() == "old"
    assert fresh()
    assert title() == "new"


def test_s3_a_write_that_is_rolled_back() -> None:
    title()
    with pytest.raises(RuntimeError), transaction.atomic():
        write("new")
        raise RuntimeError
    assert fresh()
    assert title() == "old"


def test_s4_a_transaction_reads_its_own_write_and_is_rolled_back() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        write("new")
        assert title() == "new"
        assert elsewhere(title) == "old"
        raise RuntimeError
    assert fresh()


def test_s5_a_savepoint_that_is_rolled_back() -> None:
    with transaction.atomic():
        with pytest.raises(RuntimeError), transaction.atomic():
            write("new")
            assert title() == "new"
            raise RuntimeError
        assert title() == "old"
    assert fresh()


def test_s6_an_update_of_a_queryset() -> None:
    title()
    Page.objects.update(title="new")
    assert fresh()
    assert title() == "new"


def test_s7_a_bulk_update() -> None:
    title()
    page = Page.objects.get(slug="about")
    page.title = "new"
    Page.objects.bulk_update([page], ["title"])
    assert fresh()
    assert title() == "new"


@pytest.mark.parametrize("signal", [pre_save, post_save], ids=["before", "after"])
def test_s9_a_reader_around_the_update_in_autocommit(signal: ModelSignal) -> None:
    def read(**kwargs: object) -> None:
        assert elsewhere(title) == "old"

    signal.connect(read, sender=Page)
    try:
        write("new")
    finally:
        signal.disconnect(read, sender=Page)
    assert fresh()
    assert title() == "new"


def test_readers_and_writers_at_random() -> None:
    def act(seed: int) -> None:
        choose = random.Random(seed)
        for number in range(250):
            match choose.randrange(6):
                case 0:
                    write(f"{seed} {number}")
                case 1:
                    Page.objects.filter(slug="about").update(title=f"{seed} {number}")
                case 2:
                    with pytest.raises(RuntimeError), transaction.atomic():
                        write("never")
                        raise RuntimeError
                case _:
                    title()

    run_at_once(*[partial(act, seed) for seed in range(8)])
    assert fresh()
    assert title() != "never"


@pytest.mark.parametrize("name", [page_name("about"), EVERYTHING])
def test_s8_raw_sql_with_the_call_that_goes_with_it(name: str) -> None:
    title()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_page SET title = 'new'")
    end_on_commit(name)
    assert fresh()
    assert title() == "new"
