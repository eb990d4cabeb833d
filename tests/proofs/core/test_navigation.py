"""Every link of the navigation leads to a page, which marks it as the current one."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from accounts.models import User
from core.templatetags.site import may_see, navigation


@pytest.mark.django_db
def test_every_link_leads_somewhere_and_marks_itself_as_current(admin_client: Client) -> None:
    request = RequestFactory().get("/")
    request.user = User(is_staff=True)
    for link in navigation(request):
        response = admin_client.get(link.url, follow=True)
        assert response.status_code == 200
        if not link.url.startswith("/admin/"):  # which has pages of its own
            assert f'<a href="{link.url}" aria-current="page">{link.text}</a>' in response.text


def test_an_unknown_audience_is_an_error() -> None:
    with pytest.raises(ValueError, match='NAVIGATION knows "anyone", "users" and "staff", not "nobody"'):
        may_see("nobody", AnonymousUser())
