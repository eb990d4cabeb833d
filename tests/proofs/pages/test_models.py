"""Fixtures hold a page with its tags, once."""

import json

import pytest
from django.apps import apps
from django.core.serializers import serialize

from pages.models import Page, Tag

pytestmark = pytest.mark.django_db


def test_tags_are_part_of_a_page_in_fixtures() -> None:
    page = Page.objects.create(title="News", slug="news")
    page.tags.add(tag := Tag.objects.create(name="a", slug="a"))
    (row,) = json.loads(serialize("json", [page]))
    assert row["fields"]["tags"] == [tag.pk]
    assert Page.tags.through not in apps.get_models()  # which dumpdata would write once more
