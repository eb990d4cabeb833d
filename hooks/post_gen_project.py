"""Runs in the new site: takes away what was not chosen, writes .env, and says what comes next."""

import json
import os
import secrets
import shutil
import sys
from pathlib import Path

# The directories of each feature. No check that they exist: a stale path must fail loudly.
FEATURES = {
    "auth_tracking": ["auth_tracking"],
    "profiles": ["profiles"],
    "cache_invalidation": ["cache_invalidation"],
    "activity_log": ["activity_log"],
}


def strip(site, answers):
    """Delete the directories of the features that were not chosen."""
    for feature, directories in FEATURES.items():
        if not answers[feature]:
            for directory in directories:
                shutil.rmtree(site / directory)


def write_env(site):
    """Write .env, as .env.example but with a secret key of its own, unless there is one already."""
    text = (site / ".env.example").read_text(encoding="utf-8")
    text = text.replace("SECRET_KEY=example-key-for-development-only", f"SECRET_KEY={secrets.token_urlsafe(50)}")
    try:
        # Readable by its owner alone, from the first byte on.
        descriptor = os.open(site / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def directory_to_name(site):
    """What the site's directory is called from where Cookiecutter was started: its name if it lies right there."""
    if os.environ.get("PWD") == str(site.parent):
        return site.name
    return f'"{site}"' if " " in str(site) else str(site)


def main():
    # As JSON in a raw string: nothing in an answer can end it, three quotation marks in a row are not JSON.
    answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    site = Path.cwd()
    strip(site, answers)
    write_env(site)
    sys.stdout.reconfigure(errors="backslashreplace")  # whatever characters the directory's name has
    directory = directory_to_name(site)
    print(f"\nYour site is in {directory}. Set up its database and start it:\n")
    print(f"    uv run --directory {directory} manage.py migrate")
    print(f"    uv run --directory {directory} manage.py runserver\n")


if __name__ == "__main__":
    main()
