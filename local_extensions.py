"""The Jinja filters of this template: refuse a bad answer as it is given, and escape the good ones.

Cookiecutter loads this module (``_extensions`` in cookiecutter.json). The ``checked_*`` filters stand in private
variables right behind the question that they check, so that the answer is refused before the next question is asked,
whether or not hooks may run.
"""

import re
import subprocess
import unicodedata
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

from cookiecutter.exceptions import FailedHookException, OutputDirExistsException
from jinja2 import Environment
from jinja2.ext import Extension
from slugify import slugify

TEMPLATE = Path(__file__).resolve().parent / "{{cookiecutter.project_slug}}"

MAX_SLUG_LENGTH = 50

# Windows keeps these for devices, whatever follows a dot.
WINDOWS_NAMES = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}


def refuse(question: str, answer: object, remedy: str) -> NoReturn:
    """End the generation with one line; Cookiecutter prints it and exits with code 1, without a traceback."""
    raise FailedHookException(f"{question} cannot be {shown(answer)}: {remedy}")


def shown(answer: object) -> str:
    """An answer as a message can show it: on one line, in ASCII, not endless."""
    text = ascii(answer)
    return text if len(text) <= 60 else f"{text[:56]}..."


def checked_text(answer: str, question: str) -> str:
    """Any text on one line: something to read, no control characters."""
    if not answer.strip():
        refuse(question, answer, "give it some text.")
    for character in answer:
        # Control characters, halves of surrogate pairs, and what Unicode counts as a line or paragraph break.
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            refuse(question, answer, f"leave out the character U+{ord(character):04X}, and keep it on one line.")
    return ""


def proposed_slug(project_name: str) -> str:
    """A slug made from the site's name, one that ``checked_slug`` takes."""
    slug = slugify(project_name, max_length=MAX_SLUG_LENGTH).strip("-") or "my-site"
    if not slug[0].isalpha():
        slug = f"site-{slug}"[:MAX_SLUG_LENGTH].strip("-")
    return f"{slug}-site" if slug in WINDOWS_NAMES else slug


def checked_slug(answer: str) -> str:
    """A name that is safe as a directory, a package and a database everywhere."""
    if not re.fullmatch(r"[a-z]([a-z0-9_-]*[a-z0-9])?", answer):
        refuse("project_slug", answer, "use a lower-case letter, then letters, digits, - or _, not - or _ at the end.")
    if len(answer) > MAX_SLUG_LENGTH:
        refuse("project_slug", answer, f"use at most {MAX_SLUG_LENGTH} characters.")
    if answer in WINDOWS_NAMES:
        refuse("project_slug", answer, "Windows keeps that name for a device; use another.")
    return ""


def checked_email(answer: str) -> str:
    """An address as Django's own EmailField takes it, without the exotic quoted forms."""
    local, _, domain = answer.rpartition("@")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if (
        len(answer) > 254
        or not re.fullmatch(r"[-!#$%&'*+/=?^_`{}|~a-z0-9]+(\.[-!#$%&'*+/=?^_`{}|~a-z0-9]+)*", local, re.ASCII | re.I)
        or not re.fullmatch(rf"({label}\.)+[a-z]([a-z0-9-]*[a-z0-9])", domain, re.ASCII | re.I)
    ):
        refuse("author_email", answer, "use an address such as you@example.com.")
    return ""


def checked_timezone(answer: str) -> str:
    """A name from the IANA time zone database."""
    if answer not in available_timezones():
        refuse("timezone", answer, "use a name such as UTC, Europe/Paris or America/New_York.")
    return ""


def quoted(text: str) -> str:
    """Escape ``text`` for a double-quoted string in Python, TOML, YAML and JSON alike.

    The quote itself becomes an escape sequence, not ``\\"``, because formatters would change the quotes around that.
    """
    return "".join(
        character
        if character.isprintable() and character not in '"\\'
        else "\\\\"
        if character == "\\"
        else f"\\u{ord(character):04x}"
        if ord(character) <= 0xFFFF
        else f"\\U{ord(character):08x}"
        for character in text
    )


def markdown(text: str) -> str:
    """Escape ``text`` for running text in Markdown."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>&~$:])", r"\\\1", text)


def checked_template(cookiecutter: dict[str, Any]) -> str:
    """A template directory without files of somebody who ran it in place: every site would get them, secrets too."""
    names = {".env", ".venv", "uv.lock", "db.sqlite3", "staticfiles", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
    for path in TEMPLATE.rglob("*"):
        if path.name in names or path.name == "__pycache__":
            file = path.relative_to(TEMPLATE.parent)
            raise FailedHookException(f"The template holds a work file that every site would get: delete {file}.")
    return ""


def refuse_unprotected(cookiecutter: dict[str, Any]) -> str:
    """Refuse to write over a directory from which something could be lost that git could not bring back.

    Generating over a site deletes what is no longer chosen and rewrites the rest. So it takes an empty directory, or a
    git work tree in which everything is committed, and nothing that git ignores lies where the template writes or
    deletes. Bytecode is no loss.

    Called while ``hooks/pre_gen_project.py`` is rendered, not from the hook itself: when a hook fails, Cookiecutter
    prints a traceback; this exception it prints as one line.
    """
    if "_output_dir" not in cookiecutter:
        return ""  # cruft: it generates into a temporary directory of its own
    directory = Path(cookiecutter["_output_dir"], cookiecutter["project_slug"])
    if not any(directory.iterdir()):
        return ""
    try:
        changed = git(directory, "status", "--porcelain", "-z", "--untracked-files=all", "--", ".")
        ignored = git(directory, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        raise OutputDirExistsException(
            f"{directory} holds files and is no git work tree: what this would overwrite or delete could not be "
            "brought back. Commit them to git first, or choose another directory."
        ) from None
    if changed:
        raise OutputDirExistsException(
            f"{directory} holds changes that are not committed, {changed[0][3:]!r} for one: what this would overwrite "
            "or delete could not be brought back. Commit or stash them first."
        )
    for path in ignored:
        if (TEMPLATE / Path(path).parts[0]).exists() and "__pycache__" not in path:
            raise OutputDirExistsException(
                f"{directory} holds a file that git ignores where this would overwrite or delete, {path!r}: it could "
                "not be brought back. Move it away first."
            )
    return ""


def git(directory: Path, *arguments: str) -> list[str]:
    """What a git command lists (with ``-z``) when it is run in ``directory``."""
    command = ["git", "-C", str(directory), *arguments]
    output = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", errors="replace").stdout
    return output.split("\0")[:-1]


class Filters(Extension):
    """Adds the filters of this module to Cookiecutter's Jinja environment."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for function in (
            checked_template,
            checked_text,
            proposed_slug,
            checked_slug,
            checked_email,
            checked_timezone,
            quoted,
            markdown,
            refuse_unprotected,
        ):
            environment.filters[function.__name__] = function
