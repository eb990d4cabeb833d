"""Profile pages stand hostile addresses, users who are deleted meanwhile, and line breaks as browsers send them."""

import pytest
from django.db.models.signals import post_init
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from profiles.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada@example.com", name="Ada")


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


class TestProfile:
    def test_costs_one_query(
        self, client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            client.get(reverse("profiles:profile", args=[user.pk]))

    @pytest.mark.parametrize("pk", [0, 2**31, 2**63, 10**30])
    def test_of_nobody_is_not_found(self, client: Client, pk: int) -> None:
        assert client.get(f"/profiles/{pk}/").status_code == 404

    def test_is_read_by_everybody(self, client: Client, user: User) -> None:
        Profile.objects.update(bio="I like <b>signals</b>.", location="Lyon", website="https://example.com")
        text = client.get(user.profile.get_absolute_url()).text
        assert "Ada" in text
        assert "I like &lt;b&gt;signals&lt;/b&gt;." in text
        assert "Lyon" in text
        assert '<a href="https://example.com" rel="nofollow noopener ugc">' in text
        assert "ada@example.com" not in text


class TestOwnProfile:
    def test_line_breaks_as_browsers_send_them_are_one_character(self, signed_in: Client) -> None:
        signed_in.post(reverse("profiles:edit"), {"bio": "a\r\n" * 999 + "ab"})
        assert Profile.objects.get().bio == "a\n" * 999 + "ab"  # 2,000, as the browser has counted them

    @pytest.mark.django_db(transaction=True)
    def test_of_a_user_who_is_deleted_meanwhile_leads_to_signing_in(self, signed_in: Client, user: User) -> None:
        def delete_user(**kwargs: object) -> None:
            post_init.disconnect(delete_user, sender=Profile)
            User.objects.all().delete()

        post_init.connect(delete_user, sender=Profile)  # between reading the profile and saving it
        response = signed_in.post(reverse("profiles:edit"), {"bio": "Hello."})
        assert response.headers["Location"] == reverse("login")
        assert not Profile.objects.exists()

    @pytest.mark.parametrize("website", ["javascript:alert(1)", "not a url", "data:text/html,x"])
    def test_takes_no_dangerous_link(self, signed_in: Client, website: str) -> None:
        response = signed_in.post(reverse("profiles:edit"), {"website": website})
        assert response.context["form"].errors == {"website": ["Enter a valid URL."]}
