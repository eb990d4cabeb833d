"""A Redis that evicts resets no limit in the database, and is warned of where it would."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache import caches
from pytest_django import Settings

from accounts.models import User
from auth_tracking.checks import check_eviction
from proofs.threads import eventually, run_in_processes

# Five attempts, then a million bytes of cached values more than the server may keep, then five attempts again.
ATTEMPTS = """
from django.contrib.auth import authenticate
from django.core.cache import caches
from accounts.models import User

checked = []
User.check_password = lambda user, password: bool(checked.append(password))

def attempt():
    for _ in range(5):
        authenticate(username=sys.argv[1], password="wrong")

attempt()
cache = caches["default"]
redis = cache._cache.get_client(None, write=True)
before = redis.info("stats")["evicted_keys"]
for number in range(10_000):
    cache.set(f"filled-{number}", "x" * 1000)
assert redis.info("stats")["evicted_keys"] > before + 1000
attempt()
print(len(checked))
"""


@pytest.fixture
def evicting(settings: Settings) -> Iterator[str]:
    """The URL of a cache server that evicts, as the README has it."""
    if shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server here.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {
        "--bind": "127.0.0.1",
        "--port": str(port),
        "--save": "",
        "--maxmemory": "4mb",
        "--maxmemory-policy": "allkeys-lru",
    }
    command = ["redis-server", *(part for option in options.items() for part in option)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    assert eventually(lambda: listens(port))
    url = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    yield url
    server.terminate()
    server.wait(10)


def listens(port: int) -> bool:
    """Whether there is a server."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.django_db(transaction=True)
def test_evicting_resets_no_limit(evicting: str) -> None:
    user = User.objects.create_user(f"{uuid4().hex}@example.com")
    assert run_in_processes(1, ATTEMPTS, user.email, CACHE_URL=evicting) == ["5\n"]


def test_counting_in_a_redis_that_evicts_is_warned_of(evicting: str, settings: Settings) -> None:
    assert check_eviction() == []
    settings.LOCKOUT_STORE = "auth_tracking.stores.RedisStore"
    (finding,) = check_eviction()
    assert finding.id == "auth_tracking.W010"
    assert "whose maxmemory-policy is allkeys-lru." in finding.msg
    assert str(finding.hint).startswith("Set maxmemory-policy to noeviction, or LOCKOUT_STORE to")
    caches["default"]._cache.get_client(None, write=True).config_set("maxmemory-policy", "noeviction")
    assert check_eviction() == []


def test_a_redis_that_is_down_says_nothing(settings: Settings) -> None:
    settings.LOCKOUT_STORE = "auth_tracking.stores.RedisStore"
    cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": cache}
    (finding,) = check_eviction()
    assert "that does not say whether it evicts" in finding.msg
