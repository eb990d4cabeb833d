"""Reading and editing profiles."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from profiles.models import Profile

pytestmark = pytest.mark.django_db


def test_anybody_can_read_a_profile(client: Client, ada: User) -> None:
    Profile.objects.update(bio="I like <b>signals</b>.", location="Lyon", website="https://example.com")
    page = client.get(reverse("profiles:profile", args=[ada.pk])).text
    for text in ("Ada", "I like &lt;b&gt;signals&lt;/b&gt;.", "Lyon", 'href="https://example.com"'):
        assert text in page
    assert ada.email not in page


def test_an_inactive_user_has_no_page(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    assert client.get(ada.profile.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("page", ["profiles:mine", "profiles:edit"])
def test_your_own_profile_requires_signing_in(client: Client, page: str) -> None:
    response = client.get(reverse(page))
    assert response.headers["Location"].startswith(reverse("login"))


def test_you_edit_your_own_profile(client: Client, ada: User) -> None:
    grace = User.objects.create_user("grace@example.com")
    client.force_login(ada)
    answers = {"bio": "Hello.", "location": "Lyon", "website": "example.com", "user": grace.pk}
    response = client.post(reverse("profiles:edit"), answers)
    assert response.headers["Location"] == reverse("profiles:mine")
    profile = Profile.objects.get(bio="Hello.")
    assert (profile.user, profile.location, profile.website) == (ada, "Lyon", "https://example.com")


@pytest.mark.parametrize("website", ["javascript:alert(1)", "not a url"])
def test_a_website_must_be_a_web_address(client: Client, ada: User, website: str) -> None:
    client.force_login(ada)
    response = client.post(reverse("profiles:edit"), {"website": website})
    assert list(response.context["form"].errors) == ["website"]


def test_a_user_without_a_profile_gets_one_on_visiting_it(client: Client) -> None:
    (user,) = User.objects.bulk_create([User(email="grace@example.com")])
    client.force_login(user)
    client.get(reverse("profiles:mine"))
    assert Profile.objects.get().user == user
