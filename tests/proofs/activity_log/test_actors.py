"""Concurrent requests, tasks and commands are never mistaken for one another, and forged request ids are replaced."""

import asyncio
import sys
from contextvars import copy_context
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlsafe_base64_encode

from accounts.models import User
from config.urls import urlpatterns as site_urls
from core import actors
from core.actors import ActorMiddleware, Who, acting_as, who
from pages.models import Page, Tag
from proofs.activity_log import entries
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 9"


def write(request: HttpRequest, name: str = "x") -> HttpResponse:
    Tag.objects.create(name=name, slug=name)
    return HttpResponse()


async def awrite(request: HttpRequest) -> HttpResponse:
    await Tag.objects.acreate(name="x", slug="x")
    return HttpResponse()


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


urlpatterns = [
    path("write/", write),
    path("write/<name>/", write),
    path("awrite/", awrite),
    path("fail/", fail),
    *site_urls,
]


def whose() -> tuple[Any, str]:
    """Who is named by the newest entry."""
    entry = entries()[-1]
    return entry.user_id, entry.actor


@pytest.mark.urls("proofs.activity_log.test_actors")
class TestRequests:
    def test_somebody_who_signs_up_creates_their_account_and_what_belongs_to_it(self, client: Client) -> None:
        answers = {"email": "new@example.com", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
        client.post(reverse("sign_up"), answers)
        created = entries()  # of the user, and of what receivers made for them
        assert {(entry.kind, entry.user_id, entry.actor) for entry in created} == {
            ("created", User.objects.get().pk, "New")
        }
        client.get("/write/")
        assert whose() == (User.objects.get().pk, "New")

    def test_somebody_who_follows_the_link_in_a_reset_mail_changes_their_own_password(
        self, client: Client, user: User
    ) -> None:
        key = urlsafe_base64_encode(str(user.pk).encode())
        link = reverse("password_reset_confirm", args=[key, default_token_generator.make_token(user)])
        form = client.get(link, follow=True).request["PATH_INFO"]
        client.post(form, {"new_password1": "another one 8", "new_password2": "another one 8"})
        assert entries()[-1].changes == {"password": None}
        assert whose() == (user.pk, "Ada")

    def test_in_asynchronous_views_too(self, async_client: AsyncClient, user: User) -> None:
        async def visit() -> None:
            await async_client.aforce_login(user)
            assert (await async_client.get("/awrite/")).status_code == 200

        async_to_sync(visit)()
        assert whose() == (user.pk, "Ada")

    def test_a_user_who_is_saved_while_being_loaded_is_no_endless_loop(
        self, client: Client, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def get_user(backend: ModelBackend, key: int) -> User:
            found = User.objects.get(pk=key)
            found.name = "Ada, seen"
            found.save()
            return found

        client.force_login(user)
        monkeypatch.setattr(ModelBackend, "get_user", get_user)
        client.get("/write/")
        assert whose() == (user.pk, "Ada, seen")
        assert [entry.actor for entry in entries() if entry.model == "accounts.user"][-1] == ""

    def test_nothing_is_left_for_what_the_thread_does_next(self, client: Client, user: User) -> None:
        client.force_login(user)
        client.get("/write/")
        Tag.objects.create(name="y", slug="y")
        assert whose() == (None, "")
        client.raise_request_exception = False
        client.get("/fail/")
        assert actors.current.get() is None

    @pytest.mark.django_db(transaction=True)
    def test_requests_at_the_same_time_do_not_mix(self) -> None:
        people = [User.objects.create_user(f"{number}@example.com", name=str(number)) for number in range(6)]
        clients = [Client() for _ in people]
        for client, person in zip(clients, people, strict=True):
            client.force_login(person)

        def visit(number: int) -> Any:
            return lambda: clients[number].get(f"/write/{number}/")

        run_at_once(*map(visit, range(6)))
        written = [entry for entry in entries() if entry.model == "pages.tag"]
        assert {(entry.label, entry.actor) for entry in written} == {(str(n), str(n)) for n in range(6)}

    def test_whoever_writes_nothing_is_not_asked_for(self, rf: RequestFactory) -> None:
        def load() -> User:
            raise AssertionError

        def get_response(request: HttpRequest) -> HttpResponse:
            vars(request)["user"] = SimpleLazyObject(load)
            Page.objects.exists()
            return HttpResponse()

        assert isinstance(ActorMiddleware(get_response)(rf.get("/")), HttpResponse)

    def test_a_copied_context_sees_the_user_who_signs_in_later(self, rf: RequestFactory, user: User) -> None:
        request = rf.get("/")
        request.user = AnonymousUser()
        ActorMiddleware(lambda request: HttpResponse()).process_request(request)
        context = copy_context()
        request.user = user
        assert context.run(who).user_id == user.pk
        actors.current.set(None)

    def test_who_changes_the_password_of_whom(self, client: Client, user: User) -> None:
        client.force_login(user)
        answers = {"old_password": PASSWORD, "new_password1": "another one 8", "new_password2": "another one 8"}
        client.post(reverse("password_change"), answers)
        assert entries()[-1].changes["password"] is None
        assert whose() == (user.pk, "Ada")

    def test_the_admin(self, admin_client: Client, admin_user: User) -> None:
        admin_client.post(reverse("admin:pages_tag_add"), {"name": "New", "slug": "new"})
        assert whose()[0] == admin_user.pk


@pytest.mark.urls("proofs.activity_log.test_actors")
class TestRequestId:
    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\nb", "é"])
    def test_that_does_not_look_like_one_is_replaced(self, client: Client, given: str) -> None:
        response = client.get("/write/", headers={"x-request-id": given})
        assert response.headers["X-Request-ID"] == entries()[-1].request_id
        assert len(entries()[-1].request_id) == 32

    @pytest.mark.parametrize("given", ["abc", "A.b_c-9", "x" * 64])
    def test_of_a_proxy_is_kept(self, client: Client, given: str) -> None:
        response = client.get("/write/", headers={"x-request-id": given})
        assert response.headers["X-Request-ID"] == entries()[-1].request_id == given

    def test_is_the_same_for_all_that_a_request_does_and_for_no_other(self, client: Client) -> None:
        client.get("/write/a/")
        client.get("/write/b/")
        one, other = (entry.request_id for entry in entries()[-2:])
        assert one != other


class TestElsewhere:
    @pytest.mark.parametrize(
        ("arguments", "actor"),
        [
            (["manage.py", "seed_demo"], "manage.py seed_demo"),
            (["/srv/site/manage.py", "seed_demo", "--x"], "manage.py seed_demo"),
            (["manage.py", "runserver"], ""),
            (["manage.py"], ""),
            (["manage.py", "--help"], ""),
            (["gunicorn", "config.wsgi"], ""),
            ([], ""),
        ],
        ids=str,
    )
    def test_a_command_or_nobody(self, monkeypatch: pytest.MonkeyPatch, arguments: list[str], actor: str) -> None:
        monkeypatch.setattr(sys, "argv", arguments)
        Tag.objects.create(name="x", slug="x")
        assert whose() == (None, actor)

    def test_a_task_says_who_it_is(self, client: Client, user: User) -> None:
        with acting_as("nightly import"):
            client.get("/")
            assert who().actor == "nightly import"
            assert who() == Who(None, "nightly import", "")
            with acting_as(user):
                assert who() == Who(user.pk, "Ada", "")
            assert who().actor == "nightly import"
        assert who() == Who(None, "", "")

    def test_within_a_request_its_id_stays(self, rf: RequestFactory, user: User) -> None:
        def get_response(request: HttpRequest) -> HttpResponse:
            with acting_as("task"):
                return HttpResponse(who().request_id)

        response = ActorMiddleware(get_response)(rf.get("/", headers={"x-request-id": "abc"}))
        assert isinstance(response, HttpResponse)
        assert response.content == b"abc"

    def test_odd_names(self) -> None:
        with acting_as("a\0b\ud800" + "x" * 300):
            Tag.objects.create(name="x", slug="x")
        assert whose()[1].startswith("ab?xxx")

    def test_in_a_thread_of_a_task(self, user: User) -> None:
        async def act() -> Who:
            with acting_as(user):
                return await sync_to_async(who)()

        assert asyncio.run(act()).user_id == user.pk

    def test_the_demo(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["manage.py", "seed_demo"])
        call_command("seed_demo", verbosity=0)
        assert {entry.actor for entry in entries()} == {"manage.py seed_demo"}

    def test_also_when_it_fails(self) -> None:
        with pytest.raises(RuntimeError), acting_as("task"):
            raise RuntimeError
        assert actors.current.get() is None

    def test_a_user_without_a_name(self) -> None:
        nameless = User.objects.create_user("x@example.com")
        with acting_as(nameless):
            assert who().actor == f"User {nameless.pk}"
