"""The register knows every receiver that Django would call."""

import inspect
from collections.abc import Callable
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import Signal

from signal_inspector.connections import Connection, connections
from signal_inspector.tests import receivers
from signal_inspector.tests.receivers import index, product_sold, sell
from testing.models import Product

Connect = Callable[..., None]

NAME = "signal_inspector.tests.receivers"


def connections_of(signal: Signal) -> list[Connection]:
    return [each for each in connections(with_sends=False) if each.signal is signal]


def test_a_connection_says_who_hears_what_from_whom_and_where(connect: Connect) -> None:
    connect(product_sold, index, sender=Product, dispatch_uid="some uid")
    (found,) = connections_of(product_sold)
    assert (found.signal_name, found.sender_name) == (f"{NAME}.product_sold", "testing.Product")
    assert (found.receiver_name, found.app, found.project) == (f"{NAME}.index", "signal_inspector", True)
    assert (found.file, found.line) == (receivers.__file__, inspect.getsourcelines(index)[1])
    assert (found.dispatch_uid, found.weak, found.is_async) == ("some uid", True, False)
    assert found.connected_at
    assert found.connected_at[0].endswith("signal_inspector/tests/conftest.py")


def test_the_register_is_what_django_would_call(connect: Connect) -> None:
    connect(post_save, index, sender=Product)
    connect(post_save, sell)
    found = [each.receiver for each in connections_of(post_save) if each.sender in (None, Product)]
    assert found == post_save._live_receivers(Product)[0]


def test_what_a_receiver_sends_is_read_from_its_source(connect: Connect) -> None:
    connect(product_sold, sell)
    assert [each.sends for each in connections() if each.signal is product_sold] == [(f"{NAME}.stock_changed",)]


def test_a_receiver_that_is_gone_is_still_listed() -> None:
    def local(**kwargs: Any) -> None:
        """Nothing but a weak reference holds it."""

    signal = Signal()
    signal.connect(local)
    del local
    (found,) = connections_of(signal)
    assert found.receiver is None
    assert found.receiver_name.endswith("<locals>.local")


def test_receivers_of_packages_are_listed_but_are_not_the_projects() -> None:
    projects = {each.receiver_name: each.project for each in connections()}
    assert projects["django.contrib.auth.models.update_last_login"] is False
