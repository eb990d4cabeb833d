"""The map's page is complete and harmless, whatever the names are, and costs no query of its own."""

import os
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.db.models.signals import post_save
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from config.environment import FORMATS
from pages.models import Page, Tag
from proofs.signal_inspector.receivers import plain, plain_async, plain_sent
from signal_inspector import counting
from signal_inspector.sources import editor_url

pytestmark = pytest.mark.django_db

HOSTILE = '"><script>alert(1)</script>' + "x" * 200

tests_sent = Signal()


class Reader(HTMLParser):
    """What a page holds: ids, where links lead, and what is loaded from elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        else:
            self.loaded += [str(values[name]) for name in ("src", "href", "data") if values.get(name)]


@pytest.fixture
def show(staff: Callable[..., Client]) -> Callable[..., str]:
    """``show(**asked)``: the map's page."""
    client = staff()
    return lambda **asked: client.get(reverse("signal_inspector:map"), asked).text


class TestWhoMaySee:
    def test_it_is_only_read(self, staff: Callable[..., Client]) -> None:
        client = staff()
        for name in ("map", "counts"):
            assert client.post(reverse(f"signal_inspector:{name}")).status_code == 405
        assert client.head(reverse("signal_inspector:map")).status_code == 200

    def test_staff_with_two_queries(
        self, staff: Callable[..., Client], settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        settings.PARTS = {}  # what other apps show on every page
        client = staff()
        with django_assert_num_queries(2):  # session and user
            assert client.get(reverse("signal_inspector:map")).status_code == 200

    @pytest.mark.parametrize("name", ["map", "counts"])
    def test_nobody_but_staff(self, client: Client, name: str) -> None:
        url = reverse(f"signal_inspector:{name}")
        assert client.get(url).status_code == (302 if name == "map" else 403)
        client.force_login(User.objects.create_user("ada@example.com"))
        assert client.get(url).status_code == 403


class TestPage:
    def test_has_every_id_once_and_every_link_lead_somewhere(self, show: Callable[..., str]) -> None:
        reader = Reader(show(of="everyone"))
        assert len(reader.ids) == len(set(reader.ids))
        inside = [link[1:] for link in reader.links if link.startswith("#")]
        assert len(inside) > 50
        assert set(inside) <= set(reader.ids)

    def test_escapes_names(
        self, show: Callable[..., str], connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def receive(**kwargs: Any) -> None:
            """With a name that nobody would give."""

        receive.__qualname__ = HOSTILE
        sender = type(HOSTILE, (), {})
        connect(plain_sent, receive, sender=sender, dispatch_uid=HOSTILE)
        html = show()
        assert "<script>alert" not in html
        assert unescape(html).count(HOSTILE) > 1
        reader = Reader(html)
        assert len(reader.ids) == len(set(reader.ids))
        assert not any(re.search(r"\s", one) for one in reader.ids)

    def test_the_debug_toolbar_can_print_what_each_template_has(
        self, staff: Callable[..., Client], settings: Settings
    ) -> None:
        settings.PARTS = {}
        contexts = staff().get(reverse("signal_inspector:map"), {"of": "everyone"}).context
        assert sum("layout" in context for context in contexts) <= 4

    def test_shows_nothing_but_the_map_if_nothing_is_counted(
        self, show: Callable[..., str], connect: Callable[..., Any], bare: None
    ) -> None:
        connect(plain_sent, plain)
        html = show()
        assert "SIGNAL_TRACE=true" in html
        assert "data-calls" not in html


class TestFilter:
    @pytest.fixture(autouse=True)
    def connected(self, connect: Callable[..., Any]) -> None:
        connect(plain_sent, plain, sender=Page)
        connect(tests_sent, plain_async, sender=Tag)

    @staticmethod
    def receivers(html: str) -> set[str]:
        return set(re.findall(r'<tbody id="receiver-([^"]+)"', html))

    def test_of_a_model_takes_what_hears_of_every_model(
        self, show: Callable[..., str], connect: Callable[..., Any]
    ) -> None:
        connect(post_save, plain)
        assert "proofs.signal_inspector.receivers.plain" in self.receivers(show(sender="pages.Tag"))
        assert "proofs.signal_inspector.receivers.plain" in self.receivers(show(sender="any"))

    def test_leaves_out_what_it_does_not_know_and_says_so(self, show: Callable[..., str]) -> None:
        html = show(app="<b>none</b>", signal="pages", nothing="1", of="?")
        assert self.receivers(html) == self.receivers(show())
        assert "There is no app &lt;b&gt;none&lt;/b&gt; here: it is left out of the filter." in html
        assert "There is no signal pages here: it is left out of the filter." in html

    def test_shows_the_way_to_django_s_if_the_project_has_none(
        self, show: Callable[..., str], settings: Settings, tmp_path: Path
    ) -> None:
        settings.BASE_DIR = tmp_path
        html = show()
        assert "No receiver is connected here." in html
        assert '<a href="?of=everyone">show them</a>' in html


class TestCounts:
    @pytest.fixture(autouse=True)
    def counted(self, bare: None, connect: Callable[..., Any]) -> None:
        counting.start()
        connect(plain_sent, plain)
        connect(tests_sent, plain)
        for _ in range(3):
            plain_sent.send(None)
        tests_sent.send(None)

    def test_are_shown_at_the_receiver_and_for_each_signal(self, show: Callable[..., str]) -> None:
        html, name = show(), "proofs.signal_inspector.receivers.plain"
        places = dict(re.findall(r'data-calls="([^"]+)">([^<]+)<', html))
        assert re.fullmatch(r"4 × \d+ µs", places[name])
        assert places[f"proofs.signal_inspector.receivers.plain_sent {name}"].startswith("3 calls, ")
        assert places[f"proofs.signal_inspector.test_map.tests_sent {name}"].startswith("1 call, ")
        assert places["process"].startswith(f"Counted in one process, number {os.getpid()}, since 2")
        assert 'data-counts="counts/"' in html

    def test_are_not_there_if_nothing_is_counted(self, staff: Callable[..., Client]) -> None:
        counting.stop()
        assert staff().get(reverse("signal_inspector:counts")).status_code == 404

    def test_are_told_to_the_script(
        self,
        staff: Callable[..., Client],
        settings: Settings,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        client, name = staff(), "proofs.signal_inspector.receivers.plain"
        shown = re.findall(r'data-calls="([^"]+)">[^<]', client.get(reverse("signal_inspector:map")).text)
        with django_assert_num_queries(2):
            response = client.get(reverse("signal_inspector:counts"))
        assert response.json()[f"proofs.signal_inspector.test_map.tests_sent {name}"].startswith("1 call, ")
        assert "no-store" in response["Cache-Control"]
        assert name in shown
        assert set(shown) <= set(response.json())


class TestEditor:
    @pytest.fixture(autouse=True)
    def connected(self, connect: Callable[..., Any]) -> None:
        connect(plain_sent, plain)

    @pytest.mark.parametrize(
        "template", ["", "javascript:alert('{file}')", "JavaScript:{file}", " data:{file}", "{file}"]
    )
    def test_is_not_asked_if_there_is_none(self, show: Callable[..., str], settings: Settings, template: str) -> None:
        settings.EDITOR_URL = template
        html = show(app="proofs")
        assert "proofs/signal_inspector/receivers.py:" in html
        assert all(link.startswith(("#", "/", "?")) for link in Reader(html).links)
        assert str(Path(plain.__code__.co_filename).parent) not in html

    def test_is_refused_at_the_start_if_it_is_none(self) -> None:
        pattern, example = FORMATS["EDITOR_URL"]
        for template in (example, "pycharm://open?file={file}&line={line}", "x-editor:{file}"):
            assert re.fullmatch(pattern, template)
        for template in ("javascript://{file}", "DATA:{file}", "{file}", "vscode://file", "vs code://{file}"):
            assert not re.fullmatch(pattern, template)

    def test_gets_files_with_odd_names(self, settings: Settings) -> None:
        settings.EDITOR_URL = "vscode://file/{file}:{line}"
        assert editor_url('/a b/ü&"?%#.py', 3) == "vscode://file//a%20b/%C3%BC%26%22%3F%25%23.py:3"
