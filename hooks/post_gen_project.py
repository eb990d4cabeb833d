"""Runs in the new site: takes away what was not chosen, writes .env, and says what comes next."""

import json
import os
import secrets
import shutil
import sys
from pathlib import Path

# What belongs to each feature: its directory, and what others have for it. No check that it exists: a stale path must
# fail loudly.
FEATURES = {
    "auth_tracking": [
        "auth_tracking",
        "notifications/new_devices.py",
        "notifications/templates/notifications/mail/new_device.html",
        "notifications/templates/notifications/mail/new_device.txt",
        "notifications/tests/test_new_devices.py",
    ],
    "profiles": ["profiles"],
    "cache_invalidation": ["cache_invalidation"],
    "custom_signals": [
        "subscriptions",
        "pages/signals.py",
        "notifications/followed_pages.py",
        "notifications/tests/test_followed_pages.py",
    ],
    "notifications": ["notifications"],
    "activity_log": ["activity_log"],
    "lifecycle_signals": ["lifecycle"],
    "request_metrics": ["request_metrics"],
    "signal_inspector": ["signal_inspector"],
    "outbox": ["outbox"],
    "celery": ["config/celery.py", "outbox/tasks.py", "outbox/tests/test_tasks.py"],
}
# What delivers the site's own signals, beside the site itself.
RELAYS = {
    "in-process": "",
    "outbox": "manage.py relay_signals",
    "celery": "celery --app config.celery worker --beat",
}
# What several features share, and goes when none of them is chosen.
SHARED = {
    ("notifications", "activity_log"): ["core/actors.py"],
    ("auth_tracking", "profiles", "cache_invalidation", "custom_signals", "notifications", "activity_log"): [
        "core/wiring.py"
    ],
    ("auth_tracking", "notifications", "activity_log", "request_metrics", "outbox"): ["core/pruning.py"],
}


def not_wanted(answers):
    """The paths that the answers leave no use for, none of them inside another."""
    delivery = answers["signal_delivery"]
    chosen = answers | {"outbox": delivery != "in-process", "celery": delivery == "celery"}
    paths = [path for feature, paths in FEATURES.items() if not chosen[feature] for path in paths]
    paths += [path for features, paths in SHARED.items() if not any(map(chosen.get, features)) for path in paths]
    return [path for path in paths if not any(str(parent) in paths for parent in Path(path).parents)]


def strip(site, answers):
    """Delete what belongs to features that were not chosen."""
    for path in not_wanted(answers):
        if (site / path).is_file():
            (site / path).unlink()
        else:
            shutil.rmtree(site / path)


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
    if "_output_dir" not in answers:
        return  # cruft, which also generates to compare, and then prints the difference
    sys.stdout.reconfigure(errors="backslashreplace")  # whatever characters the directory's name has
    directory = directory_to_name(site)
    print(f"\nYour site is in {directory}. Set up its database and start it:\n")
    print(f"    uv run --directory {directory} manage.py migrate")
    print(f"    uv run --directory {directory} manage.py runserver\n")
    if relay := RELAYS[answers["signal_delivery"]]:
        print("and, for what follows from the site's own signals, such as mail:\n")
        print(f"    uv run --directory {directory} {relay}\n")


if __name__ == "__main__":
    main()
