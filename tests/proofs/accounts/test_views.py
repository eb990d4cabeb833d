"""Sign-up, sign-in and passwords withstand races, hostile input, other session engines and a cache that is down."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core import mail
from django.db import IntegrityError
from django.db.models.signals import post_save
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.forms import MOST_RESET_MAILS, ResetForm
from accounts.models import User
from proofs.threads import eventually, run_at_once

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 9"
SIGN_UP = {"email": "ada@example.com", "name": "Ada", "password1": PASSWORD, "password2": PASSWORD}


def ask_for_links(addresses: list[str]) -> None:
    """Ask for a new password, outside of requests: each mail is sent when it is asked for."""
    for address in addresses:
        form = ResetForm({"email": address})
        assert form.is_valid()
        form.save(domain_override="testserver")


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada")


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


class TestSignUp:
    @pytest.mark.parametrize(
        ("change", "field", "error"),
        [
            ({"email": "İ" * 200 + "@example.com"}, "email", "Enter a valid email address."),
            ({"name": "A\x00da"}, "name", "Null characters are not allowed."),
            ({"name": "A" * 101}, "name", "Ensure this value has at most 100 characters (it has 101)."),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_with_hostile_answers(
        self, client: Client, change: dict[str, str], field: str, error: str
    ) -> None:
        response = client.post(reverse("sign_up"), SIGN_UP | change)
        assert response.status_code == 200
        assert response.context["form"].errors.keys() == {field}
        (shown,) = re.findall(rf'<ul class="errorlist" id="id_{field}_error"><li>(.*?)</li>', response.text)
        assert error in shown
        assert response.text.count('aria-invalid="true"') == 1
        assert f'id_{field}_error" id="id_{field}"' in response.text
        assert not User.objects.exists()

    def test_works_with_more_than_one_way_to_sign_in(self, client: Client, settings: Settings) -> None:
        settings.AUTHENTICATION_BACKENDS = [
            *settings.AUTHENTICATION_BACKENDS,
            "django.contrib.auth.backends.AllowAllUsersModelBackend",
        ]
        assert client.post(reverse("sign_up"), SIGN_UP).status_code == 302

    def test_shows_hostile_names_as_text(self, client: Client) -> None:
        response = client.post(reverse("sign_up"), SIGN_UP | {"name": "<script>alert(1)</script>"}, follow=True)
        assert "<script>alert" not in response.text
        assert "&lt;script&gt;alert(1)" in response.text

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_with_one_address_one_gets_it_and_the_other_is_told(self) -> None:
        responses = run_at_once(*[lambda: Client().post(reverse("sign_up"), SIGN_UP)] * 4)
        assert sorted(response.status_code for response in responses) == [200, 200, 200, 302]
        assert User.objects.count() == 1

    def test_sends_those_on_who_have_an_account(self, signed_in: Client) -> None:
        assert signed_in.get(reverse("sign_up")).headers["Location"] == reverse("account")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("failure", [RuntimeError, IntegrityError])
    def test_leaves_no_user_behind_when_a_receiver_fails(self, client: Client, failure: type[Exception]) -> None:
        def fail(**kwargs: object) -> None:
            raise failure("out of order")

        post_save.connect(fail, sender=User)
        try:
            with pytest.raises(failure, match="out of order"):
                client.post(reverse("sign_up"), SIGN_UP)
        finally:
            post_save.disconnect(fail, sender=User)
        assert not User.objects.exists()


class TestSignIn:
    def test_costs_no_query_more_than_django_alone(
        self,
        client: Client,
        user: User,
        settings: Settings,
        muted: Callable[..., None],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        # Without what other apps do then, and without Django's own receiver, which keeps last_login.
        settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
        muted(user_logged_in)
        # User; session: 3 savepoints around its check and INSERT. As django.contrib.auth has it.
        with django_assert_num_queries(8):
            client.post(reverse("login"), {"username": user.email, "password": PASSWORD})

    def test_sends_those_on_who_are_signed_in(self, signed_in: Client) -> None:
        assert signed_in.get(reverse("login")).headers["Location"] == reverse("account")

    def test_does_not_lead_to_other_sites(self, client: Client, user: User) -> None:
        response = client.post(
            reverse("login") + "?next=https://evil.example/", {"username": user.email, "password": PASSWORD}
        )
        assert response.headers["Location"] == reverse("account")

    def test_is_refused_to_inactive_users(self, client: Client, user: User) -> None:
        user.is_active = False
        user.save()
        assert client.post(reverse("login"), {"username": user.email, "password": PASSWORD}).status_code == 200


class TestSigningOutElsewhere:
    @pytest.mark.parametrize("engine", ["db", "cache", "signed_cookies"])
    def test_ends_all_sessions_but_this_one_wherever_they_are_kept(
        self, client: Client, user: User, settings: Settings, engine: str
    ) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        elsewhere = Client()
        for browser in (client, elsewhere):
            browser.post(reverse("login"), {"username": user.email, "password": PASSWORD})
        response = client.post(reverse("sign_out_elsewhere"), follow=True)
        assert "You are signed out everywhere else." in response.text
        assert client.get(reverse("account")).status_code == 200
        assert elsewhere.get(reverse("account")).status_code == 302

    def test_ends_those_that_an_older_secret_key_has_signed(
        self, client: Client, user: User, settings: Settings
    ) -> None:
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        client.force_login(user)
        settings.SECRET_KEY = "another-key-for-tests-only"
        assert client.get(reverse("account")).status_code == 200
        settings.SECRET_KEY = settings.SECRET_KEY_FALLBACKS[0]
        client.force_login(user)
        settings.SECRET_KEY = "another-key-for-tests-only"
        User.objects.update(session_salt="another")
        assert client.get(reverse("account")).status_code == 302

    def test_takes_a_button_not_a_link(self, signed_in: Client) -> None:
        assert signed_in.get(reverse("sign_out_elsewhere")).status_code == 405

    def test_of_a_session_that_has_ended_leads_to_the_account_page(self, client: Client) -> None:
        response = client.post(reverse("sign_out_elsewhere"), follow=True)
        assert response.redirect_chain[-1] == (f"{reverse('login')}?next={reverse('account')}", 302)


class TestPassword:
    def test_change_takes_nobody_elses_password(self, signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        other = User.objects.create_user("grace@example.com")
        monkeypatch.setattr("accounts.forms.authenticate", lambda *args, **kwargs: other)  # as an odd backend might
        answers = {"old_password": "hers", "new_password1": "staple battery 7", "new_password2": "staple battery 7"}
        assert signed_in.post(reverse("password_change"), answers).status_code == 200

    def test_reset_works_while_the_cache_is_down(
        self, user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("accounts.forms.cache", None)
        form = ResetForm({"email": user.email})
        assert form.is_valid()
        form.save(domain_override="testserver")  # outside of a request, where mail is sent right there
        assert len(mail.outbox) == 1
        assert "the cache is down" in caplog.text

    def test_reset_makes_no_link_of_a_name(self, client: Client, user: User) -> None:
        User.objects.update(name="Win at evil.example\n\nNow")
        client.post(reverse("password_reset"), {"email": user.email})
        assert eventually(lambda: mail.outbox)
        (message,) = mail.outbox
        assert str(message.body).startswith("Hello,\n")
        assert isinstance(message, mail.EmailMultiAlternatives)
        assert "evil.example" not in str(message.alternatives)

    def test_reset_mails_to_one_address_are_few(self, user: User) -> None:
        User.objects.create_user("grace@example.com", PASSWORD)
        ask_for_links(["ada@example.com", "ADA@example.com"] * 15 + ["grace@example.com"])
        assert [message.to for message in mail.outbox] == [[user.email]] * MOST_RESET_MAILS + [["grace@example.com"]]


class TestSignOut:
    def test_ends_the_session_and_leads_home(self, signed_in: Client) -> None:
        response = signed_in.post(reverse("logout"), follow=True)
        assert response.redirect_chain == [(reverse("pages:home"), 302)]
        assert not response.context["user"].is_authenticated

    def test_takes_a_button_not_a_link(self, signed_in: Client) -> None:
        assert signed_in.get(reverse("logout")).status_code == 405
