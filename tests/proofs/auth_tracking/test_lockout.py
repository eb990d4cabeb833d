"""Nobody gets past the lockout: no race, no spelling, no forged header, no hostile password."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from auth_tracking import lockout
from auth_tracking.backends import Lockout
from auth_tracking.middleware import LockoutMiddleware
from auth_tracking.models import LoginAttempt, LoginEvent
from auth_tracking.names import name_key
from auth_tracking.stores import DatabaseStore, MemoryStore
from proofs.auth_tracking import PASSWORD, WRONG, fail, sign_in
from proofs.threads import run_at_once, run_in_processes

pytestmark = pytest.mark.django_db

LIMIT = 5
Kind = LoginEvent.Kind


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed to be checked, of users that exist and of users that do not."""
    passwords: list[str] = []

    def watch(method: Callable[[User, str], Any]) -> Callable[[User, str], Any]:
        def watched(user: User, password: str) -> Any:
            passwords.append(password)
            return method(user, password)

        return watched

    monkeypatch.setattr(User, "check_password", watch(User.check_password))
    monkeypatch.setattr(User, "set_password", watch(User.set_password))
    return passwords


class TestAnswer:
    def test_is_the_same_for_names_that_exist_and_names_that_do_not(self, user: User) -> None:
        pages = []
        for name, ip in ((user.email, "203.0.113.1"), ("nobody@example.com", "203.0.113.2")):
            for _ in range(LIMIT):
                fail(name=name, ip=ip)
            pages.append(fail(name=name, ip=ip))
        assert pages[0].content == pages[1].content
        differing = {name for name, _ in pages[0].headers.items() - pages[1].headers.items()}
        assert differing <= {"Expires", "X-Request-ID"}  # which no two answers have in common

    def test_is_the_same_under_asgi(self, user: User) -> None:
        client = AsyncClient()

        async def attempt() -> int:
            answers = {"username": user.email, "password": WRONG}
            return (await client.post(reverse("login"), answers)).status_code

        assert [async_to_sync(attempt)() for _ in range(LIMIT + 1)] == [200] * LIMIT + [429]

    @pytest.mark.parametrize(
        ("wait", "retry_after", "text"), [(61, "61", "2 minutes"), (0.2, "1", "1 minute:"), (2000, "900", "15 minutes")]
    )
    def test_rounds_up_and_never_says_more_than_the_window(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, wait: float, retry_after: str, text: str
    ) -> None:
        settings.LOCKOUT_STORE = "auth_tracking.stores.MemoryStore"
        monkeypatch.setattr(MemoryStore, "take", lambda self, *args, now, **kwargs: now + wait)
        answer = fail()
        assert answer.headers["Retry-After"] == retry_after
        assert f"try again in {text}" in answer.text
        assert "<title>Too many attempts" in answer.text

    def test_is_forgotten_when_the_next_request_begins(self, client: Client, user: User) -> None:
        for _ in range(LIMIT + 1):
            authenticate(username=user.email, password=WRONG)
        assert client.get(reverse("login")).status_code == 200

    def test_is_the_same_for_a_task_that_the_view_starts(self, user: User) -> None:
        async def view(request: HttpRequest) -> HttpResponse:
            await asyncio.create_task(aauthenticate(request, username=user.email, password=WRONG))
            return HttpResponse("Wrong password.")

        async def attempt() -> Any:
            request = RequestFactory().get("/")
            request.user = AnonymousUser()
            middleware: Any = LockoutMiddleware(view)
            return (await middleware(request)).status_code

        assert [async_to_sync(attempt)() for _ in range(LIMIT + 1)] == [200] * LIMIT + [429]

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("application/json", "application/json"),
            ("application/json, text/html;q=0.9", "application/json"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
            ("*/*", "text/html; charset=utf-8"),
            ("image/png", "text/html; charset=utf-8"),
        ],
    )
    def test_is_json_for_who_prefers_it(self, user: User, accept: str, media_type: str) -> None:
        fail(times=LIMIT)
        answer = fail(headers={"accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, media_type)
        assert 890 <= int(answer.headers["Retry-After"]) <= 900
        if media_type == "application/json":
            assert answer.json() == {"detail": "Too many attempts. Please try again in 15 minutes."}

    def test_is_a_page_with_status_429_that_says_when_to_try_again(self, client: Client, user: User) -> None:
        answers = [fail(client) for _ in range(LIMIT + 1)]
        assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]
        assert 890 <= int(answers[-1].headers["Retry-After"]) <= 900
        assert "<h1>Too many attempts</h1>" in answers[-1].text
        assert "Please try again in 15 minutes:" in answers[-1].text
        assert "no-store" in answers[-1].headers["Cache-Control"]

    def test_is_the_same_at_the_admin(self, client: Client, user: User) -> None:
        url = reverse("admin:login")
        answers = [client.post(url, {"username": user.email, "password": WRONG}) for _ in range(LIMIT + 1)]
        assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]

    def test_is_none_for_other_pages_and_other_people(self, client: Client, user: User) -> None:
        for _ in range(LIMIT + 1):
            fail(client)
        assert client.get(reverse("login")).status_code == 200
        assert sign_in(client, ip="203.0.113.9").status_code == 302


class TestPassword:
    def test_is_hashed_once_when_let_through_and_never_when_not(
        self, client: Client, user: User, checked: list[str]
    ) -> None:
        for number in range(LIMIT + 3):
            sign_in(client, f"wrong {number}")
        assert checked == [f"wrong {number}" for number in range(LIMIT)]
        checked.clear()
        for number in range(LIMIT + 3):
            sign_in(client, f"wrong {number}", name="nobody@example.com")
        assert checked == [f"wrong {number}" for number in range(LIMIT)]

    def test_so_is_an_async_one(self, user: User, checked: list[str]) -> None:
        for _ in range(LIMIT + 1):
            assert async_to_sync(aauthenticate)(username=user.email, password=WRONG) is None
        assert len(checked) == LIMIT
        assert LoginEvent.objects.latest("pk").kind == Kind.BLOCKED

    def test_another_backend_can_be_put_behind_the_lockout(self, user: User, settings: Settings) -> None:
        settings.AUTHENTICATION_BACKENDS = [f"{__name__}.OpenSesame"]
        for _ in range(LIMIT):
            assert authenticate(username="ali", password="open barley") is None
        assert authenticate(username="ali", password="open sesame") is None
        assert authenticate(username=user.email, password="open sesame") == user

    @pytest.mark.parametrize(
        ("name", "password"),
        [
            ("\ud800", PASSWORD),
            ("ada@example.com\ud800", PASSWORD),
            ("ada@example.com\x00", PASSWORD),
            ("ada@example.com", f"{PASSWORD}\ud800"),
            ("ada@example.com", f"{PASSWORD}\x00"),
            ("nobody@example.com", "\ud800"),
        ],
    )
    def test_what_nobody_can_have_fails_like_any_wrong_one(
        self, user: User, settings: Settings, checked: list[str], name: str, password: str
    ) -> None:
        settings.AUTHENTICATION_BACKENDS = [
            "auth_tracking.backends.LockoutBackend",
            "django.contrib.auth.backends.ModelBackend",  # is not asked
        ]
        attempts: list[Callable[..., Any]] = [authenticate, async_to_sync(aauthenticate)]
        for attempt in attempts * LIMIT:
            assert attempt(username=name, password=password) is None
        assert len(checked) == LIMIT
        kinds = LoginEvent.objects.order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == [Kind.FAILED] * LIMIT + [Kind.BLOCKED]

    def test_credentials_of_another_kind_are_left_to_other_backends(self, user: User) -> None:
        for _ in range(LIMIT + 1):
            assert authenticate(token="x") is None
        assert authenticate(username=user.email, password=PASSWORD) == user

    def test_a_bare_authenticate_is_refused_too(self, user: User) -> None:
        for _ in range(LIMIT):
            assert authenticate(username=user.email, password=WRONG) is None
        assert authenticate(username=user.email, password=PASSWORD) is None
        assert authenticate(email=user.email, password=PASSWORD) is None
        assert LoginEvent.objects.latest("pk").kind == Kind.BLOCKED

    def test_a_name_alone_is_no_attempt(self, user: User) -> None:
        for _ in range(LIMIT + 1):
            authenticate(username=user.email)
        assert authenticate(username=user.email, password=PASSWORD) == user


class SesameBackend(BaseBackend):
    """Knows one password, and no ModelBackend."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> User | None:
        return User.objects.first() if password == "open sesame" else None


class OpenSesame(Lockout, SesameBackend):
    """The same behind the lockout."""


class TestCounting:
    @pytest.mark.parametrize("spelling", ["ａｄａ@example.com", "ada@EXAMPLE.com "])
    def test_no_spelling_of_the_name_opens_a_fresh_count(self, client: Client, user: User, spelling: str) -> None:
        for _ in range(LIMIT):
            fail(client)
        assert sign_in(client, name=spelling).status_code == 429

    @pytest.mark.parametrize("twin", ["ada@exam\u200cple.com", "ada@ex\u00adample.com", "ada@straße.de"])
    def test_a_success_under_a_name_that_looks_alike_clears_nothing(self, user: User, twin: str) -> None:
        User.objects.create_user("ada@strasse.de", PASSWORD)
        User.objects.create_user(twin, PASSWORD)
        victim = "ada@strasse.de" if "ß" in twin else user.email
        for _ in range(LIMIT):
            assert fail(name=victim).status_code == 200
            assert authenticate(RequestFactory().get("/", REMOTE_ADDR="203.0.113.7"), username=twin, password=PASSWORD)
        assert fail(name=victim).status_code == 429

    def test_a_forged_header_opens_no_fresh_count_and_blocks_nobody_else(self, client: Client, user: User) -> None:
        for number in range(LIMIT):
            fail(client, ip="203.0.113.1", headers={"x-forwarded-for": f"198.51.100.{number}"})
        forged = {"x-forwarded-for": "198.51.100.99"}
        assert fail(client, ip="203.0.113.1", headers=forged).status_code == 429
        assert sign_in(client, ip="198.51.100.1").status_code == 302
        assert set(LoginEvent.objects.values_list("ip", flat=True)) == {"203.0.113.1", "198.51.100.1"}

    @pytest.mark.parametrize("addresses", [["203.0.113.7"], ["2001:db8::1", "2001:db8::2", "2001:db8::3"]])
    def test_who_is_blocked_fills_no_table(
        self, user: User, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
    ) -> None:
        now = 1_800_000_000.0  # where a window begins
        monkeypatch.setattr(time, "time", lambda: now)
        for ip in addresses * LIMIT:
            fail(ip=ip)
        for ip in addresses * LIMIT:
            assert fail(ip=ip).status_code == 429
        assert LoginAttempt.objects.count() == LIMIT
        blocked = LoginEvent.objects.filter(kind=Kind.BLOCKED)
        assert blocked.count() == 1
        now += 890
        fail(name="nobody@example.com", ip=addresses[0], times=LIMIT + 1)
        assert blocked.count() == 2
        now += 20  # the name that was tried first is free again
        fail(ip=addresses[0], times=LIMIT + 2)
        assert blocked.count() == 3

    @pytest.mark.parametrize("name", ["\x00", "\ud800", "x" * 100_000, "' OR 1=1 --", "%(name)s"])
    def test_whatever_is_typed_is_counted(self, client: Client, name: str) -> None:
        answers = [lockout.take(None, name).refused for _ in range(LIMIT + 1)]
        assert answers == [False] * LIMIT + [True]

    def test_a_bare_success_counts_nowhere(self, user: User) -> None:
        for _ in range(30):
            assert authenticate(username=user.email, password=PASSWORD) == user

    def test_a_success_elsewhere_clears_nothing_here(self, client: Client, user: User) -> None:
        for _ in range(LIMIT):
            fail(client)
        sign_in(ip="203.0.113.9")
        assert fail(client).status_code == 429

    def test_another_address_of_an_ipv6_network_opens_no_fresh_count(self, client: Client, user: User) -> None:
        answers = [fail(client, ip=f"2001:db8::{number:x}") for number in range(LIMIT + 1)]
        assert [answer.status_code for answer in answers] == [200] * LIMIT + [429]

    def test_who_is_blocked_is_on_the_record(self, client: Client, user: User) -> None:
        for _ in range(LIMIT + 1):
            fail(client)
        for _ in range(LIMIT + 1):
            fail(client, name="nobody@example.com")
        assert list(LoginEvent.objects.filter(kind=Kind.BLOCKED).values_list("user", "name")) == [
            (user.pk, user.email),
            (None, ""),
        ]


def change_password(client: Client, old: str) -> int:
    answers = {"old_password": old, "new_password1": "staple battery 7", "new_password2": "staple battery 7"}
    return client.post(reverse("password_change"), answers, REMOTE_ADDR="203.0.113.7").status_code


def ask_for_a_link(client: Client, email: str, ip: str = "203.0.113.7") -> int:
    return client.post(reverse("password_reset"), {"email": email}, REMOTE_ADDR=ip).status_code


class TestPasswordPages:
    def test_an_old_password_can_be_tried_as_often_as_at_the_door(
        self, client: Client, user: User, checked: list[str]
    ) -> None:
        client.force_login(user)
        assert [change_password(client, WRONG) for _ in range(LIMIT + 1)] == [200] * LIMIT + [429]
        assert change_password(client, PASSWORD) == 429
        assert checked == [WRONG] * LIMIT
        assert sign_in().status_code == 429
        kinds = set(LoginEvent.objects.filter(user=user, number=None).values_list("kind", flat=True))
        assert kinds == {Kind.FAILED, Kind.BLOCKED}

    def test_the_right_one_clears_what_failed(self, client: Client, user: User) -> None:
        client.force_login(user)
        assert [change_password(client, WRONG) for _ in range(LIMIT - 1)] == [200] * (LIMIT - 1)
        assert change_password(client, PASSWORD) == 302
        assert not LoginAttempt.objects.exists()

    @pytest.mark.parametrize("name", ["ada@example.com", "nobody@example.com"])
    def test_links_for_a_new_password_are_limited_whoever_has_an_account(
        self, client: Client, user: User, name: str
    ) -> None:
        answers = [ask_for_a_link(client, spelling) for spelling in [name, name.upper(), f" {name} "] * 2]
        assert answers == [302] * LIMIT + [429]
        assert ask_for_a_link(client, name, ip="203.0.113.9") == 302
        assert ask_for_a_link(client, "grace@example.com") == 302

    def test_who_is_kept_out_can_ask_for_one_and_who_asks_is_not_kept_out(self, client: Client, user: User) -> None:
        for _ in range(LIMIT + 1):
            fail(client)
        assert [ask_for_a_link(client, user.email) for _ in range(LIMIT + 1)] == [302] * LIMIT + [429]
        lockout.lift(name=name_key(user.email))
        assert sign_in(client).status_code == 302

    def test_to_look_at_the_page_is_no_attempt(self, client: Client) -> None:
        for _ in range(LIMIT + 1):
            assert client.get(reverse("password_reset")).status_code == 200


class Down(DatabaseStore):
    """A store that cannot be reached."""

    TAKE = "SELECT * FROM no_such_table"

    def clear(self, name: str, ip: str) -> None:
        raise ConnectionError("The store is down.")


@pytest.mark.django_db(transaction=True)
class TestStoreDown:
    @pytest.fixture(autouse=True)
    def down(self, settings: Settings) -> None:
        settings.LOCKOUT_STORE = f"{__name__}.Down"

    def test_or_nobody(
        self, client: Client, user: User, settings: Settings, checked: list[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.LOCKOUT_FAILS_OPEN = False
        answer = sign_in(client)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "Signing in is not possible right now" in answer.text
        assert checked == []
        assert "The lockout's store is down." in caplog.text
        answer = sign_in(client, headers={"accept": "application/json"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert answer.json() == {"detail": "Signing in is not possible right now. Please try again in a few minutes."}

    def test_leaves_the_transaction_usable(self, user: User) -> None:
        with transaction.atomic():
            assert authenticate(username=user.email, password=PASSWORD) == user
            User.objects.update(name="Still there")
        assert User.objects.get().name == "Still there"

    def test_lets_people_in_by_default(self, client: Client, user: User, caplog: pytest.LogCaptureFixture) -> None:
        for _ in range(LIMIT + 1):
            assert fail(client).status_code == 200
        assert sign_in(client).status_code == 302
        assert "The lockout's store is down." in caplog.text
        assert "a success is still counted" not in caplog.text  # it never was
        assert "no_such_table" in caplog.text


STORES = ["DatabaseStore", "MemoryStore", "RedisStore"]


@pytest.mark.django_db(transaction=True)
class TestAtTheSameInstant:
    @pytest.fixture(params=STORES)
    def store(self, request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
        if request.param == "RedisStore" and not isinstance(caches["default"], RedisCache):
            pytest.skip("The cache is not Redis.")
        settings.LOCKOUT_STORE = f"auth_tracking.stores.{request.param}"
        lockout.lift()
        yield
        lockout.lift()

    def test_of_fifty_attempts_five_reach_the_password(self, store: None, user: User, checked: list[str]) -> None:
        answers = run_at_once(*[fail] * 50)
        assert sorted(answer.status_code for answer in answers) == [200] * LIMIT + [429] * 45
        assert len(checked) == LIMIT
        assert LoginEvent.objects.filter(kind=Kind.FAILED).count() == LIMIT
        assert LoginEvent.objects.filter(kind=Kind.BLOCKED).count() == 1


ATTEMPTS = """
from django.conf import settings
from django.contrib.auth import authenticate
from accounts.models import User
from proofs.threads import run_at_once, run_in_processes

checked = []
User.check_password = lambda user, password: bool(checked.append(password))
settings.LOCKOUT_STORE = f"auth_tracking.stores.{sys.argv[2]}"
run_at_once(*[lambda: authenticate(username=sys.argv[1], password="wrong")] * 10)
print(len(checked))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("store", ["DatabaseStore", "RedisStore"])
def test_of_fifty_attempts_in_five_processes_five_reach_the_password(store: str) -> None:
    if store == "RedisStore" and not isinstance(caches["default"], RedisCache):
        pytest.skip("The cache is not Redis.")
    user = User.objects.create_user(f"{uuid4().hex}@example.com")  # a Redis may remember those of earlier runs
    checked = run_in_processes(5, ATTEMPTS, user.email, store)
    assert sum(map(int, checked)) == LIMIT
    assert LoginEvent.objects.filter(kind=Kind.BLOCKED).count() == 1
