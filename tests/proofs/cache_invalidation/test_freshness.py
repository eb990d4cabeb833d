"""While eight read and one writes without a pause, nobody reads what was outdated before they began."""

from threading import Event

import pytest

from cache_invalidation.reads import read_through
from pages.models import Page
from proofs.threads import run_at_once

WRITES = 150


@pytest.mark.django_db(transaction=True)
def test_each_read_is_as_new_as_its_beginning() -> None:
    page = Page.objects.create(title="0", slug="counted")
    written = [0]
    done = Event()

    def stored() -> int:
        return int(Page.objects.values_list("title", flat=True).get(pk=page.pk))

    def read() -> int:
        reads = 0
        while not done.is_set():
            at_least = written[0]
            assert read_through("counted", depends_on=["page:counted"], produce=stored, timeout=60) >= at_least
            reads += 1
        return reads

    def write() -> int:
        try:
            for number in range(1, WRITES + 1):
                page.title = str(number)
                page.save()
                written[0] = number
        finally:
            done.set()
        return 1

    assert all(run_at_once(*[read] * 8, write))
    assert read_through("counted", depends_on=["page:counted"], produce=stored, timeout=60) == WRITES
