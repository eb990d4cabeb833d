"""Mail in the site's look: plain text, and the same in HTML."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.context import make_context
from django.template.loader import get_template
from django.utils.crypto import salted_hmac
from django.utils.text import Truncator

from core.background import run_for_request

# What mail programs may make a link of.
LINK = re.compile(r"[/:@\\]|\w\.\w\w")


def compose(
    template: str,
    address: str,
    context: dict[str, Any],
    *,
    identity: str = "",
    headers: dict[str, str] | None = None,
) -> EmailMultiAlternatives:
    """A mail to one address, made of ``template.txt``, whose first line is the subject, and ``template.html``.

    They extend ``mail/base.txt`` and ``mail/base.html`` and find ``url``, the site's address without a slash at the
    end, beside ``context``. ``identity`` says what the mail is about, and whom it is for (``"welcome 12"``): a mail
    that is sent once more, because nobody knows whether the first arrived, has the same ``Message-ID``, by which mail
    servers and programs know the two for one.
    """
    context = {"url": settings.SITE_URL, **context}
    subject, _, body = _render(f"{template}.txt", context, autoescape=False).strip().partition("\n")
    message = EmailMultiAlternatives(
        " ".join(subject.split()), body.strip() + "\n", to=[address], headers=dict(headers or {})
    )
    message.attach_alternative(_render(f"{template}.html", context, autoescape=True), "text/html")
    if identity:
        digest = salted_hmac("core.mail", identity, algorithm="sha256").hexdigest()[:32]
        message.extra_headers["Message-ID"] = f"<{digest}@{urlsplit(settings.SITE_URL).hostname}>"
    return message


def send(message: EmailMultiAlternatives) -> None:
    """Send a mail, without holding a web request for long: see ``core.background``."""
    run_for_request(message.send)


def greeting(name: str) -> str:
    """How a mail begins. Without a name that could be a link: anybody can sign up with somebody else's address."""
    name = Truncator(" ".join(name.split())).chars(60)
    return "Hello" if LINK.search(name) else f"Hello {name}"


def _render(template: str, context: dict[str, Any], *, autoescape: bool) -> str:
    # Whether a text is escaped goes by what it is, not by a tag that every template would have to repeat.
    found: Any = get_template(template)
    rendered: str = found.template.render(make_context(context, autoescape=autoescape))
    return rendered
