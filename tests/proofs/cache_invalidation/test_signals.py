"""Unusual writes, concurrent ones and those to other databases invalidate what shows the change, and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_migrate, post_save, pre_delete, pre_save
from django.test.utils import isolate_apps

from accounts.models import User
from cache_invalidation.generations import EVERYTHING, written
from core.signals import rows_written
from pages import publishing
from pages.models import Page, Tag
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)

Ended = Callable[..., set[str]]

NAMES = ["lists", "page:about", "page:news", "page:draft", "page:new"]
NOTHING: set[str] = set()
ABOUT = {"page:about", "lists"}
ALL = {EVERYTHING}


def about() -> Page:
    return Page.objects.get(slug="about")


def changed(**fields: Any) -> None:
    """Save the page with other values, whole."""
    page = about()
    for name, value in fields.items():
        setattr(page, name, value)
    page.save()


def signals_tag() -> Tag:
    return Tag.objects.get(slug="signals")


def ada() -> User:
    return User.objects.get(name="Ada")


def rename_tag() -> None:
    tag = signals_tag()
    tag.name = "Receivers"
    tag.save()


def rename_slug() -> None:
    tag = signals_tag()
    tag.slug = "receivers"
    tag.save(update_fields=["slug"])


def upsert_users() -> None:
    ada = User(email="ada@example.com", name="Countess")
    User.objects.bulk_create([ada], update_conflicts=True, update_fields=["name"], unique_fields=["email"])


def rename_author() -> None:
    user = ada()
    user.name = "Countess"
    user.save()


def save_deferred() -> None:
    page = Page.objects.only("body").get(slug="about")
    page.body = "new"
    page.save()


# A write that is easily forgotten, and the generations that it ends.
WRITES: dict[str, tuple[Callable[[], object], set[str]]] = {
    "a page that was loaded in part is saved": (save_deferred, ABOUT),
    "a stale page is saved": (lambda: rename_while_loaded(), {"page:new", "page:about", "lists"}),
    "a page is made up and saved over one": (
        lambda: Page(pk=about().pk, title="x", slug="new", created_at=about().created_at).save(),
        ABOUT | {"page:new"},
    ),
    "a page of which only the key is known is deleted": (lambda: Page(pk=about().pk).delete(), ABOUT),
    "a page gets a tag": (lambda: about().tags.add(Tag.objects.get(slug="django")), ABOUT),
    "a page gets a tag that it has": (lambda: about().tags.add(signals_tag()), NOTHING),
    "a tag gets a page": (lambda: signals_tag().page_set.add(Page.objects.get(slug="news")), {"page:news", "lists"}),
    "a tag gets a draft": (lambda: signals_tag().page_set.add(Page.objects.get(slug="draft")), {"page:draft"}),
    "a draft is created": (lambda: Page.objects.create(title="New", slug="new"), {"page:new"}),
    "a draft is saved": (lambda: Page.objects.get(slug="draft").save(), {"page:draft"}),
    "the text alone is saved": (lambda: about().save(update_fields=["body"]), ABOUT),
    "a page is published": (lambda: publishing.publish(Page.objects.get(slug="draft")), {"page:draft", "lists"}),
    "a page is unpublished": (lambda: publishing.unpublish(about()), ABOUT),
    "nothing is deleted by a queryset": (lambda: Page.objects.filter(slug="none").delete(), NOTHING),
    "a row ties a tag to a page": (
        lambda: Page.tags.through.objects.create(page=about(), tag=Tag.objects.get(slug="django")),
        ABOUT,
    ),
    "a row that ties a tag to a page is deleted": (
        lambda: Page.tags.through.objects.get(page=about(), tag=signals_tag()).delete(),
        ABOUT,
    ),
    "a page loses a tag": (lambda: about().tags.remove(signals_tag()), ABOUT),
    "a page gets other tags": (lambda: about().tags.set([Tag.objects.get(slug="django")]), ABOUT),
    "a page that was loaded in part gets a tag": (
        lambda: Page.objects.only("pk").get(slug="about").tags.add(Tag.objects.get(slug="django")),
        ABOUT,
    ),
    "a tag loses a page": (lambda: signals_tag().page_set.remove(about()), ABOUT),
    "a tag gets other pages": (
        lambda: signals_tag().page_set.set([Page.objects.get(slug="news")]),
        ABOUT | {"page:news"},
    ),
    "a tag gets another slug": (rename_slug, ABOUT),
    "pages are updated in bulk": (lambda: Page.objects.bulk_update([about()], ["title"]), ALL),
    "an author is given pages one by one": (
        lambda: ada().page_set.add(Page.objects.get(slug="news"), bulk=False),
        {"page:news", "lists"},
    ),
    "a tag loses all pages": (lambda: signals_tag().page_set.clear(), ABOUT),
    "an author gets another password": (lambda: ada().save(update_fields=["password"]), NOTHING),
    "a tag is created": (lambda: Tag.objects.create(name="New", slug="new"), {"lists"}),
    "a tag of no page is deleted": (lambda: Tag.objects.get(slug="django").delete(), {"lists"}),
    "tags are deleted by a queryset": (lambda: Tag.objects.filter(slug="signals").delete(), ABOUT),
    "somebody without pages gets another name": (lambda: User.objects.get(name="Reader").save(), NOTHING),
    "somebody without pages is deleted": (lambda: User.objects.get(name="Reader").delete(), NOTHING),
    "no page is updated by a queryset": (lambda: Page.objects.filter(slug="none").update(title="x"), NOTHING),
    "what nobody sees is updated by a queryset": (lambda: User.objects.update(is_staff=True), NOTHING),
    "names are updated by a queryset": (lambda: User.objects.update(name="x"), ALL),
    "pages are created in bulk": (lambda: Page.objects.bulk_create([Page(title="x", slug="x")]), ALL),
    "users are created or updated in bulk": (upsert_users, ALL),
    "an author is given pages": (lambda: ada().page_set.add(Page.objects.get(slug="news")), ALL),
}


def rename_while_loaded() -> None:
    """Somebody else gives the page the slug "new"; who has loaded it before saves it with the old one."""
    stale = about()
    changed(slug="new")
    stale.save()


@pytest.fixture
def site(about: Page) -> None:
    """About by Ada with a tag; news and a draft; a tag and a user of no page."""
    Page.objects.create(title="News", slug="news", published_at="2020-01-01T00:00:00Z")
    Page.objects.create(title="Draft", slug="draft")
    Tag.objects.create(name="Django", slug="django")
    User.objects.create_user("reader@example.com", name="Reader")


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("name", WRITES)
def test_what_a_write_ends_unless_it_is_rolled_back(name: str, ended: Ended) -> None:
    write, expected = WRITES[name]

    def rolled_back() -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            write()
            raise RuntimeError

    assert ended(rolled_back, NAMES) == NOTHING
    assert ended(write, NAMES) == expected


@pytest.mark.usefixtures("site")
def test_a_fixture_ends_everything(ended: Ended, tmp_path: Any) -> None:
    file = tmp_path / "pages.json"
    file.write_text(serializers.serialize("json", Page.objects.filter(slug="news")), encoding="utf-8")
    assert ended(lambda: call_command("loaddata", file, verbosity=0), NAMES) == ALL


@pytest.mark.usefixtures("site")
def test_an_emptied_database_ends_everything(ended: Ended) -> None:
    assert ended(lambda: call_command("flush", interactive=False, verbosity=0), NAMES) == ALL


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
@pytest.mark.usefixtures("site")
def test_another_database_has_pages_of_its_own(ended: Ended, other_database: str) -> None:
    page = Page(title="Elsewhere", slug="about", published_at="2020-01-01T00:00:00Z")
    page.save(using=other_database)
    page.slug = "new"
    assert ended(lambda: page.save(using=other_database), NAMES) == ABOUT | {"page:new"}
    tag = Tag.objects.using(other_database).create(name="x", slug="x")
    assert ended(lambda: page.tags.add(tag), NAMES) == {"page:new", "lists"}
    with transaction.atomic():  # not the one that is waited for
        assert ended(lambda: tag.page_set.clear(), NAMES) == {"page:new", "lists"}
        assert ended(lambda: page.delete(), NAMES) == {"page:new", "lists"}


@pytest.mark.usefixtures("site")
def test_two_who_rename_a_page_at_once_end_all_three_names(ended: Ended) -> None:
    def both() -> None:
        first, second = about(), about()
        first.slug, second.slug = "new", "other"
        run_at_once(first.save, second.save)

    assert ended(both, [*NAMES, "page:other"]) == ABOUT | {"page:new", "page:other"}


@pytest.mark.usefixtures("site")
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time.")
def test_a_page_that_its_author_writes_meanwhile_is_ended_by_the_new_name(ended: Ended) -> None:
    def write_a_page() -> None:
        Page.objects.filter(slug="news").update(author=User.objects.get(email="ada@example.com"))

    def rename() -> None:
        with transaction.atomic():
            rename_author()
            run_at_once(write_a_page)

    assert "page:news" in ended(rename, NAMES)


@pytest.mark.usefixtures("site")
def test_of_very_many_pages_none_is_named(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache_invalidation.signals.MOST_NAMED", 1)
    signals_tag().page_set.add(Page.objects.get(slug="news"))
    assert ended(rename_tag, NAMES) == {"lists", EVERYTHING}
    assert ended(lambda: signals_tag().page_set.clear(), NAMES) == ALL


@pytest.fixture
def rewired() -> Iterator[None]:
    """After the test only those are connected that were before."""
    signals = (pre_save, post_save, pre_delete, rows_written, m2m_changed, post_migrate)
    before = [list(signal.receivers) for signal in signals]
    yield
    for signal, receivers in zip(signals, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.mark.usefixtures("site", "rewired")
def test_whoever_hears_of_a_new_page_first_reads_past_the_cache() -> None:
    def look(**kwargs: object) -> None:
        known.extend([written(["page:new"]), written(["lists"]), written(["page:news"])])

    known: list[bool] = []
    post_save.connect(look, sender=Page)
    post_save.receivers.insert(0, post_save.receivers.pop())
    post_save.sender_receivers_cache.clear()
    Page.objects.create(title="New", slug="new", published_at="2020-01-01T00:00:00Z")
    assert known == [True, True, False]


@pytest.mark.usefixtures("site")
def test_nothing_ends_before_the_commit(ended: Ended) -> None:
    def write() -> None:
        with transaction.atomic():
            assert ended(rename_author, NAMES) == NOTHING
            assert ended(lambda: changed(slug="new"), NAMES) == NOTHING

    assert ended(write, NAMES) == ABOUT | {"page:new"}


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("model", [Page, Tag, User])
def test_one_that_is_loaded_outside_of_a_transaction_ends_everything(ended: Ended, model: type[Model]) -> None:
    def load() -> None:
        (row,) = serializers.deserialize("json", serializers.serialize("json", model._default_manager.all()[:1]))
        row.save()

    assert ended(load, NAMES) >= ALL


@pytest.mark.usefixtures("site", "rewired")
@isolate_apps("pages")
def test_a_proxy_is_what_it_stands_for(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    class Article(Page):
        class Meta:
            app_label = "pages"
            proxy = True

    class Topic(Tag):
        class Meta:
            app_label = "pages"
            proxy = True

    class Author(User):
        class Meta:
            app_label = "pages"
            proxy = True

    monkeypatch.setattr("core.wiring.apps.get_models", lambda: [Page, Tag, User, Article, Topic, Author])
    apps.get_app_config("cache_invalidation").ready()
    assert ended(Article.objects.get(slug="about").save, NAMES) == ABOUT
    assert ended(Topic.objects.get(slug="signals").save, NAMES) == ABOUT
    assert ended(Author.objects.get(name="Ada").save, NAMES) == ABOUT
    assert ended(lambda: Article.objects.update(title="x"), NAMES) == ALL
    assert ended(Topic.objects.get(slug="signals").delete, NAMES) == ABOUT
    assert ended(Article.objects.get(slug="about").delete, NAMES) == ABOUT
