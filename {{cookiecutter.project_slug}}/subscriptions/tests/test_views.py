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


class TestFollowing:
    def test_a_user_can_follow_an_author_and_a_tag(self, client: Client, visitor: User, page: Page, tag: Tag) -> None:
        client.post(reverse("subscriptions:follow_author", args=[page.author_id]))
        client.post(reverse("subscriptions:follow_tag", args=[tag.slug]))
        assert followed(visitor) == {page.author, tag}

    def test_a_user_can_unfollow_them(self, client: Client, reader: User, page: Page, tag: Tag) -> None:
        client.force_login(reader)
        client.post(reverse("subscriptions:unfollow_author", args=[page.author_id]))
        client.post(reverse("subscriptions:unfollow_tag", args=[tag.slug]))
        assert followed(reader) == set()

    def test_a_page_shows_what_of_it_is_followed(self, client: Client, visitor: User, page: Page, tag: Tag) -> None:
        Subscription.objects.create(user=visitor, tag=tag)
        text = client.get(page.get_absolute_url()).text
        assert ">Follow Ada</button>" in text
        assert ">Following Signals</button>" in text

    def test_the_account_page_shows_what_is_followed(self, client: Client, reader: User) -> None:
        client.force_login(reader)
        text = client.get(reverse("account")).text
        assert ">Following Ada</button>" in text
        assert ">Following Signals</button>" in text

    def test_visitors_are_asked_to_sign_in_and_come_back(self, client: Client, page: Page, tag: Tag) -> None:
        response = client.post(reverse("subscriptions:follow_tag", args=[tag.slug]), {"next": "/pages/news/"})
        assert response.headers["Location"] == f"{reverse('login')}?next=/pages/news/"

    def test_a_button_leads_back_to_its_page_but_never_off_the_site(
        self, client: Client, visitor: User, tag: Tag
    ) -> None:
        url = reverse("subscriptions:follow_tag", args=[tag.slug])
        assert client.post(url, {"next": "/pages/news/"}).headers["Location"] == "/pages/news/"
        assert client.post(url, {"next": "https://example.org/"}).headers["Location"] == reverse("account")

    def test_a_user_who_has_published_nothing_cannot_be_followed(
        self, client: Client, visitor: User, draft: Page
    ) -> None:
        response = client.post(reverse("subscriptions:follow_author", args=[draft.author_id]))
        assert response.status_code == 404

    def test_a_user_can_stop_and_start_the_mail(self, client: Client, visitor: User) -> None:
        client.post(reverse("subscriptions:stop_mail"))
        assert MailOptOut.objects.filter(user=visitor).exists()
        client.post(reverse("subscriptions:start_mail"))
        assert not MailOptOut.objects.filter(user=visitor).exists()


class TestUnsubscribeLink:
    def test_opening_the_link_stops_nothing(self, client: Client, reader: User) -> None:
        assert client.get(optout.link(reader.pk)).status_code == 200
        assert not MailOptOut.objects.exists()

    def test_posting_to_it_stops_the_mail_without_signing_in(self, reader: User) -> None:
        mail_program = Client(enforce_csrf_checks=True)
        mail_program.post(optout.link(reader.pk), {"List-Unsubscribe": "One-Click"})
        assert MailOptOut.objects.get().user == reader

    def test_it_cannot_be_forged_for_another_user(self, client: Client, reader: User, draft: Page) -> None:
        forged = optout.link(reader.pk).replace(f"/{reader.pk}:", f"/{draft.author_id}:")
        assert client.post(forged).status_code == 404
        assert not MailOptOut.objects.exists()

    def test_it_still_opens_when_the_user_has_been_deleted(self, client: Client, reader: User) -> None:
        link = optout.link(reader.pk)
        reader.delete()
        assert client.get(link).status_code == 200
