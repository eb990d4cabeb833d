"""No parameter, odd entry or hostile value harms a page, and it costs the same for any number of entries."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from activity_log.models import ActivityEntry
from core.actors import acting_as
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db

URL = "admin:activity_log_activityentry_"
HOSTILE = "<script>alert(1)</script>"


def listed(client: Client, **query: str) -> list[ActivityEntry]:
    response = client.get(reverse(f"{URL}changelist"), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def text_of(client: Client, url: str) -> str:
    return re.sub(r"\s+", " ", client.get(url).text)


def test_a_form_that_changes_the_title_tells_of_no_other_field(admin_client: Client) -> None:
    page = Page.objects.create(title="News", slug="news", body="All\nwell.")
    answers = {"title": "Later news", "slug": "news", "body": "All\r\nwell."}
    admin_client.post(reverse("admin:pages_page_change", args=[page.pk]), answers)
    assert ActivityEntry.objects.latest("pk").changes == {"title": ["News", "Later news"]}


class TestList:
    @pytest.mark.parametrize("query", ["actor=x", "user__email__icontains=a", "label=x", "changes__title=1"])
    def test_by_nothing_else(self, admin_client: Client, query: str) -> None:
        assert admin_client.get(f"{reverse(f'{URL}changelist')}?{query}").status_code == 400

    @pytest.mark.parametrize(
        "query",
        [
            "user=x",
            "user=" + "9" * 30,
            "user=-1",
            "user=%00",
            "object_key=%00",
            "object_key=" + "x" * 5000,
            "model=%00",
            "model=no.such",
            "model=nonsense",
            "kind__exact=%00x",
            "time__gte=x",
            "q=%00",
            "q=a@%00",
            "q=" + "x" * 5000,
            "p=99999",
            "p=x",
            "o=99.x",
        ],
    )
    def test_absurd_parameters_are_no_error(self, admin_client: Client, query: str) -> None:
        assert admin_client.get(f"{reverse(f'{URL}changelist')}?{query}").status_code in {200, 302, 400}

    def test_the_list_ends_where_counting_it_would_be_slow(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.admin.LONGEST_LIST", 75)
        ActivityEntry.objects.bulk_create(ActivityEntry(kind="changed", model="pages.page") for _ in range(90))
        assert len(listed(admin_client, p="2")) == 25

    def test_its_cost_does_not_grow_with_its_rows(
        self, admin_client: Client, page: Page, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with acting_as(page.author or ""):
            for number in range(40):
                page.title = str(number)
                page.author = None if number % 2 else User.objects.get(email="ada@example.com")
                page.save()
        # Session, user; count, page.
        with django_assert_num_queries(4):
            listed(admin_client)

    def test_odd_entries(self, admin_client: Client) -> None:
        ActivityEntry.objects.bulk_create(
            [
                ActivityEntry(kind="changed", model="gone.model", object_key="a/b?c", label="x", changes={"a": [1]}),
                ActivityEntry(kind="changed", model="nonsense", object_key="1", changes={"a": [1, 2]}),
                ActivityEntry(kind="changed", model="pages.page", object_key="", label="2 rows", user_id=10**9),
            ]
        )
        text = text_of(admin_client, reverse(f"{URL}changelist"))
        assert "page: 2 rows" in text
        assert "User 1000000000" in text
        for entry in ActivityEntry.objects.all():
            assert admin_client.get(reverse(f"{URL}change", args=[entry.pk])).status_code == 200

    def test_hostile_values_are_text(self, admin_client: Client) -> None:
        page = Page.objects.create(title=HOSTILE, slug="x", body=HOSTILE * 100)
        page.body = "<b>" + HOSTILE
        with acting_as(HOSTILE):
            page.save()
            page.tags.add(Tag.objects.create(name=HOSTILE, slug=HOSTILE))
        urls = [reverse(f"{URL}changelist"), reverse("admin:pages_page_history", args=[page.pk])]
        urls += [reverse(f"{URL}change", args=[entry.pk]) for entry in ActivityEntry.objects.all()]
        for url in urls:
            text = admin_client.get(url).text
            assert "<script>alert" not in text
            assert "<b>" not in text

    def test_a_search_takes_an_exact_key_person_or_request(self, admin_client: Client, user: User) -> None:
        with acting_as(user):
            tag = Tag.objects.create(name="x", slug="x", pk=4711)
        entry = ActivityEntry.objects.latest("pk")
        ActivityEntry.objects.filter(pk=entry.pk).update(request_id="abc")
        for term in (str(tag.pk), "ADA@example.com", "abc"):
            assert listed(admin_client, q=term) == [entry]
        assert listed(admin_client, q="ada") == []
        assert listed(admin_client, q="nobody@example.com") == []


class TestHistory:
    def test_costs_one_query_more_however_many_there_are(
        self, admin_client: Client, page: Page, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(60):
            page.title = str(number)
            page.save()
        url = reverse("admin:pages_page_history", args=[page.pk])
        admin_client.get(url)
        with django_assert_num_queries(5):  # session, user, page, the admin's own log; entries
            text = admin_client.get(url).text
        assert text.count('<dl class="activity">') == 50

    def test_of_a_model_that_is_not_named_is_as_it_was(self, admin_client: Client, page: Page) -> None:
        entry = ActivityEntry.objects.latest("pk")
        text = text_of(admin_client, reverse(f"{URL}history", args=[entry.pk]))
        assert "recorded" not in text

    def test_of_an_object_is_on_its_page(self, admin_client: Client, page: Page) -> None:
        Page.objects.create(title="Another", slug="another")
        page.title = "Later news"
        page.save()
        text = text_of(admin_client, reverse("admin:pages_page_history", args=[page.pk]))
        assert "<del>News</del> <ins>Later news</ins>" in text
        assert "Another" not in text
        assert f"?model=pages.page&amp;object_key={page.pk}" in text
        assert "activity_log/changes.css" in text


class TestRights:
    def test_whoever_may_not_see_it_sees_nothing_of_it(self, staff: Callable[..., Client], page: Page) -> None:
        client = staff("view_page")
        entry = ActivityEntry.objects.latest("pk")
        for url in (reverse(f"{URL}changelist"), reverse(f"{URL}change", args=[entry.pk])):
            assert client.get(url).status_code == 403
        assert "ctivity" not in text_of(client, reverse("admin:index"))
        history = client.get(reverse("admin:pages_page_history", args=[page.pk]))
        assert history.status_code == 200
        assert "recorded" not in history.text

    def test_whoever_may_see_it_sees_it(self, staff: Callable[..., Client], page: Page) -> None:
        client = staff("view_page", "view_activityentry")
        assert listed(client)
        assert "Everything that was recorded" in text_of(client, reverse("admin:pages_page_history", args=[page.pk]))
