"""No request, however hostile, follows, stops mail or reveals a name that it should not; pages outlive the table."""

from collections.abc import Iterator

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from pages import publishing
from pages.models import Page, Tag
from proofs.databases import table_missing
from subscriptions.models import MailOptOut, Subscription

pytestmark = pytest.mark.django_db

URLS = ["/pages/news/", "/tags/signals/"]


@pytest.fixture
def page(draft: Page) -> Page:
    publishing.publish(draft)
    return draft


@pytest.fixture
def visitor(client: Client) -> User:
    """Somebody who is signed in."""
    user = User.objects.create_user("alan@example.com", name="Alan")
    client.force_login(user)
    return user


def followed(user: User) -> set[str]:
    return {str(each.followed) for each in Subscription.objects.filter(user=user)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [*URLS, "/accounts/"])
def test_without_their_table_pages_are_still_there(
    client: Client, visitor: User, page: Page, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with table_missing(Subscription):
        response = client.get(url)
    assert response.status_code == 200
    assert "Follow " not in response.text
    assert "What is followed cannot be shown." in caplog.text


class TestButtons:
    @pytest.mark.parametrize("url", URLS)
    def test_show_names_as_text(self, client: Client, visitor: User, page: Page, url: str) -> None:
        User.objects.filter(name="Ada").update(name="<script>'\"")
        Tag.objects.update(name="<script>'\"")
        Subscription.objects.create(user=visitor, tag=Tag.objects.get())
        for shown in (url, reverse("account")):
            text = client.get(shown).text
            assert "<script>" not in text
            assert "&lt;script&gt;" in text

    def test_need_the_form(self, page: Page, visitor: User) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(visitor)
        assert careful.post("/subscriptions/tags/signals/follow/").status_code == 403
        assert followed(visitor) == set()

    @pytest.mark.parametrize("what", ["tags/none", f"authors/{10**6}", f"authors/{'9' * 30}", "authors/{reader}"])
    def test_of_what_is_not_there_or_no_author_are_not_found(
        self, client: Client, visitor: User, page: Page, reader: User, what: str
    ) -> None:
        url = f"/subscriptions/{what.format(reader=reader.pk)}/follow/"
        assert client.post(url).status_code == 404
        if what.startswith("authors"):
            assert client.post(url.replace("follow", "unfollow"), follow=True).status_code == 200


class TestCosts:
    @pytest.mark.parametrize("url", URLS)
    def test_no_query_for_visitors_and_one_for_others(self, client: Client, page: Page, url: str) -> None:
        def queries() -> Iterator[str]:
            client.get(url)  # into the cache, where there is one
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            return (query["sql"] for query in captured if "subscriptions_" in query["sql"])

        assert list(queries()) == []
        client.force_login(User.objects.create_user("alan@example.com"))
        assert len(list(queries())) == 1

    @pytest.mark.parametrize("url", URLS)
    def test_nothing_more_is_asked_of_what_is_shown(self, client: Client, page: Page, reader: User, url: str) -> None:
        asked = []
        for _ in range(2):
            client.get(url)  # into the cache, where there is one
            with CaptureQueriesContext(connection) as captured:
                client.get(url)
            asked.append([query["sql"] for query in captured if 'FROM "pages_' in query["sql"]])
            client.force_login(reader)
        assert len(asked[0]) == len(asked[1])


class TestLink:
    @pytest.mark.parametrize(
        "token",
        ["1", "1:x", ":", "x" * 5000, "%00", "1%0A", Signer().sign("1"), Signer(salt="other").sign("1")],
        ids=["no signature", "wrong signature", "nothing", "long", "NUL", "newline", "without salt", "other salt"],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_that_was_tampered_with_is_not_found(self, client: Client, reader: User, token: str, method: str) -> None:
        response = getattr(client, method)(f"/subscriptions/unsubscribe/{token}/")
        assert response.status_code == 404
        assert "Not found" in response.text
        assert not MailOptOut.objects.exists()
