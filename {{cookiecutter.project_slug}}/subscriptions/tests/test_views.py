"""Following by buttons, and stopping the mail by a link."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from pages.models import Page, Tag
from subscriptions import optout
from subscriptions.models import MailOptOut, Subscription


@pytest.fixture
def visitor(client: Client, db: None) -> User:
    """Somebody who is signed in."""
    user = User.objects.create_user("alan@example.com", name="Alan")
    client.force_login(user)
    return user


def followed(user: User) -> set[object]:
    return {subscription.followed for subscription in Subscription.objects.filter(user=user)}


class TestButtons:
    def test_follow_an_author_and_a_tag(self, client: Client, visitor: User, page: Page, tag: Tag) -> None:
        client.post(reverse("subscriptions:follow_author", args=[page.author_id]))
        client.post(reverse("subscriptions:follow_tag", args=[tag.slug]))
        assert followed(visitor) == {page.author, tag}

    def test_follow_no_longer(self, client: Client, reader: User, page: Page, tag: Tag) -> None:
        client.force_login(reader)
        client.post(reverse("subscriptions:unfollow_author", args=[page.author_id]))
        client.post(reverse("subscriptions:unfollow_tag", args=[tag.slug]))
        assert followed(reader) == set()

    def test_show_on_the_page_what_is_followed(self, client: Client, visitor: User, page: Page, tag: Tag) -> None:
        Subscription.objects.create(user=visitor, tag=tag)
        text = client.get(page.get_absolute_url()).text
        assert ">Follow Ada</button>" in text
        assert ">Following Signals</button>" in text

    def test_show_on_the_account_page_what_is_followed(self, client: Client, reader: User) -> None:
        client.force_login(reader)
        text = client.get(reverse("account")).text
        assert ">Following Ada</button>" in text
        assert ">Following Signals</button>" in text

    def test_ask_visitors_to_sign_in(self, client: Client, page: Page, tag: Tag) -> None:
        response = client.post(reverse("subscriptions:follow_tag", args=[tag.slug]), {"next": "/pages/news/"})
        assert response.headers["Location"] == f"{reverse('login')}?next=/pages/news/"

    def test_lead_back_to_the_page_they_are_on(self, client: Client, visitor: User, tag: Tag) -> None:
        url = reverse("subscriptions:follow_tag", args=[tag.slug])
        assert client.post(url, {"next": "/pages/news/"}).headers["Location"] == "/pages/news/"
        assert client.post(url, {"next": "https://example.org/"}).headers["Location"] == reverse("account")

    def test_do_not_tell_the_names_of_users_who_have_published_nothing(
        self, client: Client, visitor: User, draft: Page
    ) -> None:
        response = client.post(reverse("subscriptions:follow_author", args=[draft.author_id]))
        assert response.status_code == 404

    def test_stop_and_start_the_mail(self, client: Client, visitor: User) -> None:
        client.post(reverse("subscriptions:stop_mail"))
        assert MailOptOut.objects.filter(user=visitor).exists()
        client.post(reverse("subscriptions:start_mail"))
        assert not MailOptOut.objects.filter(user=visitor).exists()


class TestLink:
    """The one in a mail. It works without signing in."""

    def test_asks_first(self, client: Client, reader: User) -> None:
        assert "Stop the mail" in client.get(optout.link(reader.pk)).text
        assert not MailOptOut.objects.exists()

    def test_stops_the_mail(self, reader: User) -> None:
        mail_program = Client(enforce_csrf_checks=True)
        mail_program.post(optout.link(reader.pk), {"List-Unsubscribe": "One-Click"})
        assert MailOptOut.objects.get().user == reader

    def test_of_another_user_cannot_be_made_up(self, client: Client, reader: User) -> None:
        signature = optout.link(reader.pk).partition(":")[2]
        other = reverse("subscriptions:unsubscribe", args=[f"{reader.pk + 1}:{signature.strip('/')}"])
        assert client.post(other).status_code == 404

    def test_of_a_deleted_user_says_so(self, client: Client, reader: User) -> None:
        link = optout.link(reader.pk)
        reader.delete()
        assert "has been deleted" in client.get(link).text
