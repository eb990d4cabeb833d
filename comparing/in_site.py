"""What a site does, measured from within: ``python in_site.py INSPECTOR``, in the site, prints a line of JSON.

Then, for the name of an action on each line of its input, it prints how many milliseconds that takes.

It imports nothing of this package: it runs in the site's own environment. INSPECTOR is the directory of the app
``signal_inspector``, which finds the receivers and draws their map. A site that has no such app gets its modules alone:
it is not installed, and nothing that is measured goes through it.
"""

import gc
import importlib.metadata
import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

PASSWORD = "correct horse battery staple"
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
# What only begins and ends transactions.
TRANSACTION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE")


def nothing() -> None:
    """What most actions need beforehand."""


@dataclass(frozen=True)
class Action:
    """Something that people do with the site: ``prepare`` is not measured, ``act`` is."""

    name: str
    act: Callable[[], Any]
    status: int  # of the response, if all is well
    prepare: Callable[[], Any] = nothing


def actions() -> Iterator[Action]:
    """Signing up, signing in, reading and saving a page, through the site's views."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from accounts.models import User
    from pages.models import Page, Tag

    numbers = count()
    user = User.objects.create_user("reader@example.com", PASSWORD, name="Reader")
    author = User.objects.create_superuser("editor@example.com", PASSWORD, name="Editor")
    page = Page.objects.create(title="A page", slug="page", body="Text.", author=author, published_at=timezone.now())
    page.tags.add(Tag.objects.create(name="Tag", slug="tag"))
    reader, visitor, editor = Client(headers=BROWSER), Client(headers=BROWSER), Client(headers=BROWSER)
    editor.force_login(author)

    def sign_up() -> Any:
        fields = {"email": f"{next(numbers)}@example.com", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
        return Client(headers=BROWSER).post(reverse("sign_up"), fields)

    def sign_in() -> Any:
        return reader.post(reverse("login"), {"username": user.email, "password": PASSWORD})

    def sign_out() -> Any:
        return reader.post(reverse("logout"))

    def view() -> Any:
        return visitor.get(page.get_absolute_url())

    def save() -> Any:
        fields = {"title": f"Page {next(numbers)}", "slug": page.slug, "body": page.body, "author": author.pk}
        fields |= {"tags": [tag.pk for tag in page.tags.all()]}
        fields |= {"published_at_0": f"{page.published_at:%Y-%m-%d}", "published_at_1": f"{page.published_at:%H:%M:%S}"}
        return editor.post(reverse("admin:pages_page_change", args=[page.pk]), fields)

    yield Action("sign_up", sign_up, 302)
    yield Action("sign_in", sign_in, 302, sign_out)
    yield Action("first_view", view, 200, save)
    yield Action("next_view", view, 200)
    yield Action("save", save, 302)


def timed(action: Action) -> float:
    """How long an action takes, in milliseconds of processor time: the machine may be busy with more than this."""
    action.prepare()
    start = time.process_time()
    response = action.act()
    taken = time.process_time() - start
    if response.status_code != action.status:
        sys.exit(f"{action.name}: the site answers with {response.status_code}.")
    return taken * 1000


def counted(action: Action) -> dict[str, int]:
    """The statements of an action, when it is not the first time."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    timed(action)
    action.prepare()
    with CaptureQueriesContext(connection) as queries:
        action.act()
    transactions = sum(bool(TRANSACTION.match(query["sql"])) for query in queries)
    return {"statements": len(queries) - transactions, "transaction_statements": transactions}


def borrow_inspector(package: Path) -> None:
    """Let ``signal_inspector`` be imported from where it lies, unless the site has its own."""
    if importlib.util.find_spec("signal_inspector") is None:
        spec = importlib.util.spec_from_file_location(
            "signal_inspector", package / "__init__.py", submodule_search_locations=[str(package)]
        )
        sys.modules["signal_inspector"] = importlib.util.module_from_spec(spec)


def receivers(package: Path) -> dict[str, Any]:
    """The connections of the site's own receivers, how many there are of others, and the map of the site's own.

    ``anchors`` are the ids that the signal, the sender and the receiver have there.
    """
    borrow_inspector(package)
    from django.template import Context, Engine
    from django.urls import get_resolver

    from signal_inspector.connections import connections
    from signal_inspector.names import short_place
    from signal_inspector.page import page_of

    _ = get_resolver().url_patterns  # imports the views
    gc.collect()  # when a receiver goes that nobody holds is chance: those that live are counted
    found = [each for each in connections() if each.receiver is not None]
    own = [each for each in found if each.project]
    page = page_of(own)
    page["layout"] = coloured(page["layout"], sorted(each.parent.name for each in package.parent.glob("*/apps.py")))
    anchors = {
        (signal.name, sender.name, receiver.name): [signal.anchor, sender.anchor, receiver.anchor]
        for signal in page["graph"].signals
        for sender in signal.senders
        for receiver in sender.receivers
    }
    libraries = {"l10n": "django.templatetags.l10n", "signal_map": "signal_inspector.templatetags.signal_map"}
    engine = Engine(dirs=[package / "templates"], libraries=libraries)
    return {
        "connections": [
            {
                "signal": each.signal_name,
                "sender": each.sender_name or None,
                "receiver": each.receiver_name,
                "app": each.app or None,
                "place": short_place(each.file, each.line),
                "dispatch_uid": each.dispatch_uid,
                "anchors": anchors[each.signal_name, each.sender_name, each.receiver_name],
            }
            for each in own
        ],
        "others": len(found) - len(own),
        "map": engine.get_template("signal_inspector/picture.html").render(Context(page)) if own else "",
    }


def coloured(layout: Any, apps: list[str]) -> Any:
    """The layout of a map with a colour for each app of the template, the same in every site."""
    from signal_inspector.graph import app_of
    from signal_inspector.layout import COLOURS

    def colour(app: str) -> int:
        return apps.index(app) % COLOURS

    return replace(
        layout,
        apps=[replace(block, colour=colour(block.box.node.label)) for block in layout.apps],
        curves=[replace(curve, colour=colour(app_of(curve.receiver.connections[0]))) for curve in layout.curves],
    )


def main() -> None:
    """Measure the site whose packages are on the path and whose settings the environment names."""
    import django
    from django.conf import settings

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")  # how long a disk takes says nothing of a site
    call_command("migrate", verbosity=0)
    found = {
        "django": django.get_version(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "packages": sorted({each.metadata["Name"].lower() for each in importlib.metadata.distributions()}),
        "tables": sorted(connection.introspection.table_names()),
        "receivers": receivers(Path(sys.argv[1])),
    }
    known = {action.name: action for action in actions()}
    found["actions"] = {name: counted(action) for name, action in known.items()}
    print(json.dumps(found), flush=True)
    for line in sys.stdin:
        print(timed(known[line.strip()]), flush=True)


if __name__ == "__main__":
    main()
