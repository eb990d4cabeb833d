"""The navigation shows what is installed, to those whom it is for."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts.models import User
from core.templatetags.site import may_see, navigation

VISITORS: dict[str, User | AnonymousUser] = {
    "anyone": AnonymousUser(),
    "users": User(email="ada@example.com"),
    "staff": User(is_staff=True),
}


def texts(visitor: str, path: str = "/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = VISITORS[visitor]
    return [link.text for link in navigation(request)]


def test_an_unknown_audience_is_told() -> None:
    with pytest.raises(ValueError, match='NAVIGATION knows "anyone", "users" and "staff", not "nobody"'):
        may_see("nobody", AnonymousUser())


@pytest.mark.django_db
def test_every_link_leads_somewhere_and_marks_itself_as_current(admin_client: Client) -> None:
    request = RequestFactory().get("/")
    request.user = VISITORS["staff"]
    for link in navigation(request):
        response = admin_client.get(link.url, follow=True)
        assert response.status_code == 200
        if not link.url.startswith("/admin/"):  # which has pages of its own
            assert f'<a href="{link.url}" aria-current="page">{link.text}</a>' in response.text
