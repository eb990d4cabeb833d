"""Mail in the look of the site."""

from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from pytest_django import Settings

from core import mail


def compose(**options: Any) -> EmailMultiAlternatives:
    """A mail of the site, whose template is always there."""
    context = {"greeting": "Hello <b>Ada</b>", "uid": "MQ", "token": "token"}
    return mail.compose("accounts/password_reset_email", "ada@example.com", context, **options)


def test_a_mail_is_plain_text_and_the_same_in_html() -> None:
    message = compose()
    assert message.to == ["ada@example.com"]
    assert "Test site" in message.subject
    assert "Hello <b>Ada</b>" in str(message.body)
    assert "Hello &lt;b&gt;Ada&lt;/b&gt;" in str(message.alternatives[0][0])


def test_links_in_mail_start_with_site_url(settings: Settings) -> None:
    settings.SITE_URL = "https://www.example.com"
    message = compose()
    link = "https://www.example.com" + reverse("password_reset_confirm", args=["MQ", "token"])
    assert link in str(message.body)
    assert f'href="{link}"' in str(message.alternatives[0][0])


def test_a_mail_that_is_sent_again_has_the_same_id() -> None:
    identities = ["welcome 1", "welcome 1", "welcome 2"]
    first, again, other = (compose(identity=identity).message()["Message-ID"] for identity in identities)
    assert first == again != other


@pytest.mark.parametrize(
    ("name", "greeting"),
    [("Ada", "Hello Ada"), ("J.R.R. Tolkien", "Hello J.R.R. Tolkien"), ("win at evil.example", "Hello")],
)
def test_a_name_that_could_be_a_link_is_left_out_of_the_greeting(name: str, greeting: str) -> None:
    assert mail.greeting(name) == greeting
