"""No request, however hostile, follows, stops mail or reveals a name that it should not; pages outlive the table."""

import re
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
from subscriptions import optout
from subscriptions.models import MailOptOut, Subscription

pytestmark = pytest.mark.django_db

URLS = ["/pages/news/", "/tags/signals/"]


def press(client: Client, text: str, button: str) -> str:
    """Send the form with this button, and return the page that comes then."""
    for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
        if re.search(rf"<button[^>]*>{re.escape(button)}</button>", form):
            action, *back = re.findall(r'(?:action|name="next" value)="([^"]*)"', form)
            return client.post(action, {"next": "".join(back)}, follow=True).text
    raise AssertionError(f"There is no button {button}.")


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

    def test_stop_and_start_the_mail(self, client: Client, visitor: User) -> None:
        text = client.get(reverse("account")).text
        for _ in range(2):
            assert "You get no mail of what you follow." in press(client, text, "Send me no mail")
        assert MailOptOut.objects.get().user == visitor
        text = client.get(reverse("account")).text
        for _ in range(2):
            assert "You get a mail when there is" in press(client, text, "Send me mail")
        assert not MailOptOut.objects.exists()

    def test_may_be_pressed_twice(self, client: Client, visitor: User, page: Page) -> None:
        text = client.get("/pages/news/").text
        for _ in range(2):
            assert "You now follow Ada." in press(client, text, "Follow Ada")
        text = client.get("/pages/news/").text
        for _ in range(2):
            assert "Follow Ada" in press(client, text, "Following Ada")

    def test_are_not_for_oneself(self, client: Client, page: Page, author: User) -> None:
        client.force_login(author)
        text = client.get("/pages/news/").text
        assert "Follow Signals" in text
        assert "Follow Ada" not in text

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_ask_those_to_sign_in_who_no_longer_are(self, client: Client, page: Page, method: str) -> None:
        response = getattr(client, method)("/subscriptions/authors/1/follow/", {"next": "/pages/news/"})
        if method == "get":
            assert response.status_code == 405
        else:
            assert response.headers["Location"] == "/accounts/sign-in/?next=/pages/news/"

    @pytest.mark.parametrize("next_page", ["https://example.org/", "//example.org", "javascript:alert(1)", "\\\\x", ""])
    def test_lead_nowhere_else(self, client: Client, visitor: User, page: Page, next_page: str) -> None:
        response = client.post("/subscriptions/tags/signals/follow/", {"next": next_page})
        assert response.headers["Location"] == reverse("account")


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

    def test_two_queries_for_the_account_page(self, client: Client, visitor: User, page: Page, tag: Tag) -> None:
        for name in ("x", "y", "z"):
            Subscription.objects.create(user=visitor, tag=Tag.objects.create(name=name, slug=name))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("account"))
        assert len([query for query in captured if 'FROM "subscriptions_' in query["sql"]]) == 2


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

    def test_asks_first(self, client: Client, reader: User) -> None:
        for method in (client.get, client.head):
            assert method(optout.link(reader.pk)).status_code == 200
        assert "Stop the mail" in client.get(optout.link(reader.pk)).text
        assert not MailOptOut.objects.exists()

    @pytest.mark.parametrize("form", [{"List-Unsubscribe": "One-Click"}, {}])
    def test_stops_the_mail_without_signing_in(self, reader: User, form: dict[str, str]) -> None:
        careful = Client(enforce_csrf_checks=True)
        for _ in range(2):
            response = careful.post(optout.link(reader.pk), form)
            assert response.status_code == 200
            assert "You get no more mail" in response.text
            assert '/accounts/#following"' in response.text
        assert MailOptOut.objects.get().user == reader
        assert "no-store" in response.headers["Cache-Control"]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_of_a_deleted_user_says_so(self, client: Client, reader: User, method: str) -> None:
        link = optout.link(reader.pk)
        reader.delete()
        response = getattr(client, method)(link)
        assert response.status_code == 200
        assert "has been deleted" in response.text
