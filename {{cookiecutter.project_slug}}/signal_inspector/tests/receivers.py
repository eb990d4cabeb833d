"""Signals and receivers for the inspector to find."""

from typing import Any

from django.dispatch import Signal

from testing.models import Product

product_sold = Signal()
stock_changed = Signal()


def index(**kwargs: Any) -> None: ...


async def index_async(**kwargs: Any) -> None: ...


def narrow(sender: Any, signal: Any) -> None: ...


def sell(**kwargs: Any) -> None:
    stock_changed.send(Product)


def fail(**kwargs: Any) -> None:
    raise ValueError("out of stock")
