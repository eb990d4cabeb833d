"""Staff see the map of signals."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from signal_inspector import counting
from signal_inspector.tests.receivers import fail, index, product_sold, sell, stock_changed
from testing.models import Category, Product

pytestmark = pytest.mark.django_db

NAME = "signal_inspector.tests.receivers"


@pytest.fixture
def show(staff: Callable[..., Client]) -> Callable[..., str]:
    """``show(**query)``: the page, with receivers of this app only. Drawing all of them takes a second."""
    client = staff()
    return lambda **query: client.get(reverse("signal_inspector:map"), {"app": "signal_inspector"} | query).text


@pytest.fixture(autouse=True)
def connected(connect: Callable[..., None]) -> None:
    connect(product_sold, index, sender=Product, dispatch_uid="some uid")
    connect(stock_changed, sell, sender=Category)


def test_the_map_is_for_staff(client: Client) -> None:
    assert client.get(reverse("signal_inspector:map")).status_code == 302
    client.force_login(User.objects.create_user("ada@example.com"))
    assert client.get(reverse("signal_inspector:map")).status_code == 403
    assert client.get(reverse("signal_inspector:counts")).status_code == 403


def test_a_connection_is_shown_with_all_that_is_known_of_it(show: Callable[..., str]) -> None:
    row = show().partition(f'<tbody id="receiver-{NAME}.index">')[2].partition("</tbody>")[0]
    assert "testing.Product <small>(1)</small>" in row
    assert f"signal_inspector/tests/receivers.py:{index.__code__.co_firstlineno}" in row
    assert "uid: <code>some uid</code>, held weakly" in row


@pytest.mark.parametrize(("query", "expected"), [({}, {"index", "sell"}), ({"sender": "testing.Category"}, {"sell"})])
def test_the_map_is_filtered(show: Callable[..., str], query: dict[str, str], expected: set[str]) -> None:
    shown = re.findall(r'<tbody id="receiver-([^"]+)"', show(**query))
    assert set(shown) == {f"{NAME}.{name}" for name in expected}


def test_receivers_of_packages_are_shown_if_asked_for(show: Callable[..., str]) -> None:
    login = {"app": "", "signal": "django.contrib.auth.signals.user_logged_in"}
    assert "update_last_login" not in show(**login)
    assert "update_last_login" in show(**login, of="everyone")


def test_names_are_escaped(show: Callable[..., str], connect: Callable[..., None]) -> None:
    def receive(**kwargs: Any) -> None: ...

    receive.__qualname__ = '"><script>'
    connect(product_sold, receive, dispatch_uid='"><script>')
    assert "><script>" not in show().replace("></script><script>", "")


def test_a_place_opens_in_the_editor(show: Callable[..., str], settings: Settings) -> None:
    settings.EDITOR_URL = "pycharm://open?file={file}&line={line}"
    code = index.__code__
    assert f'href="pycharm://open?file={quote(code.co_filename)}&amp;line={code.co_firstlineno}"' in show()


@pytest.fixture
def counted() -> Iterator[None]:
    """As with SIGNAL_TRACE=true."""
    counting.start()
    yield
    counting.stop()


@pytest.mark.usefixtures("counted")
def test_calls_and_failures_are_counted_if_asked_for(show: Callable[..., str], client: Client, connect: Any) -> None:
    connect(product_sold, fail)
    product_sold.send_robust(Product)
    html, counts = show(), client.get(reverse("signal_inspector:counts")).json()
    assert f'data-calls="{NAME}.product_sold {NAME}.index">1 call, ' in html
    assert counts[f"{NAME}.product_sold {NAME}.fail"].endswith(", 1 failed")
