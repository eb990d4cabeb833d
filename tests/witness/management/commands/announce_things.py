"""``manage.py announce_things FIRST COUNT``: write things and announce them; now and then publish a page."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from core.dispatch import send_on_commit
from pages.models import Page, Tag
from pages.publishing import publish
from witness.models import Thing
from witness.signals import thing_happened


class Command(BaseCommand):
    help = "Write things and announce them; every tenth is rolled back. With every twenty-fifth publish a page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", type=int)
        parser.add_argument("count", type=int)

    def handle(self, *, first: int, count: int, **options: Any) -> None:
        news = Tag.objects.get(slug="news")
        for number in range(first, first + count):
            time.sleep(float(os.environ["PACE"]))
            with transaction.atomic():
                thing = Thing.objects.create(number=number)
                send_on_commit(thing_happened, Thing, instance=thing)
                if number % 10 == 0:
                    transaction.set_rollback(True)
            if number % 25 == 1:
                page = Page.objects.create(title=f"Page {number}", slug=f"page-{number}", body="News.")
                page.tags.add(news)
                publish(page)
