"""Reads the environment for the settings, and stops the start with one line if something in it is missing or wrong."""

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from environ import Env

# What has to be set: no default could be right for it.
ALWAYS = ["SECRET_KEY", "DATABASE_URL"]
IN_PRODUCTION = ["ALLOWED_HOSTS", "EMAIL_URL"]

BOOLEAN = "(?i:true|false|on|off|yes|no|1|0)"
NUMBER = "[0-9]+"
# A user and password before the @ hold /, ? and # as %2F, %3F and %23.
HOST = r"(\[[0-9A-Fa-f:.]+\]|[^][/:@?#,;]*)(:[0-9]{1,5})?"
SERVER = f"([^/?#]*@)?{HOST}"
SERVERS = f"{SERVER}(,{HOST})*"
# One server: clients take a comma or semicolon, even in a password, for the start of another, and then counts and
# cached values differ between processes.
REDIS = f"(?!.*[,;])(redis|rediss)://{SERVER}([/?].*)?"
MAIL = "|".join(map(re.escape, Env.EMAIL_SCHEMES))

# What a variable may hold, as a regular expression, and an example.
FORMATS = {
    "DEBUG": (BOOLEAN, "true or false"),
    "DEBUG_TOOLBAR": (BOOLEAN, "true or false"),
    "DATABASE_URL": (
        f"sqlite://.+|(postgres|postgresql)://{SERVERS}/.+",
        "sqlite:///db.sqlite3 or postgres://user:password@localhost:5432/name",
    ),
    "CONN_MAX_AGE": (NUMBER, "60"),
    "CACHE_URL": (
        f"locmemcache://.*|{REDIS}",
        "locmemcache:// or redis://localhost:6379/0 (one server; %2C and %3B for , and ; in a password)",
    ),
    # % if cookiecutter.signal_delivery == "celery"
    "BROKER_URL": (f"memory://|{REDIS}", "redis://localhost:6379/1 (one server)"),
    # % endif
    "EMAIL_URL": (f"({MAIL})://{SERVER}([/?].*)?", "smtp+tls://user:password@mail.example.com:587"),
    "SITE_URL": (f"https?://{HOST}/?", "https://www.example.com"),
    "SECURE_SSL_REDIRECT": (BOOLEAN, "true or false"),
    "SECURE_HSTS_SECONDS": (NUMBER, "3600"),
    "BEHIND_TLS_PROXY": (BOOLEAN, "true or false"),
    # % if cookiecutter.auth_tracking
    "TRUSTED_PROXY_COUNT": (NUMBER, "1"),
    "LOCKOUT": (BOOLEAN, "true or false"),
    # % endif
    # % if cookiecutter.lifecycle_signals
    "UNAPPLY_MIGRATIONS": (BOOLEAN, "true or false"),
    # % endif
    # % if cookiecutter.request_metrics
    "REQUEST_METRICS_FLUSH": (NUMBER, "10"),
    "METRICS_TOKEN": ("[A-Za-z0-9._~+/=-]{20,}", "what this prints, with 20 characters or more: openssl rand -hex 32"),
    # % endif
    # % if cookiecutter.signal_inspector
    "SIGNAL_TRACE": (BOOLEAN, "true or false"),
    "EDITOR_URL": (
        r"(?!(?i:javascript|data|vbscript):)[A-Za-z][A-Za-z0-9+.-]*:.*\{file\}.*",
        "vscode://file/{file}:{line}",
    ),
    # % endif
    "LOG_LEVEL": ("DEBUG|INFO|WARNING|ERROR|CRITICAL", "INFO"),
}


def read_environment(env_file: Path) -> Env:
    """The environment, with what ``env_file`` adds to it; another file if ``ENV_FILE`` names one.

    Ends the process with a line that says what is wrong and what would be right.
    """
    env = Env()
    env.read_env(os.environ.get("ENV_FILE", env_file))
    for name, (pattern, example) in FORMATS.items():
        if not os.environ.get(name):
            os.environ.pop(name, None)  # empty counts as not set
        elif not re.fullmatch(pattern, os.environ[name]):
            stop(f"{name} is not valid. An example: {example}")

    production = not env.bool("DEBUG", default=False)
    required = ALWAYS + IN_PRODUCTION if production else ALWAYS
    missing = [name for name in required if not os.environ.get(name, "").strip(" ,")]
    if missing:
        stop(f"Not set: {', '.join(missing)}. Copy .env.example to .env, or set it in the environment.")
    if production and os.environ["SECRET_KEY"].startswith("example-"):
        stop("SECRET_KEY is the one from .env.example. Set a long random one, or DEBUG=true on your own machine.")
    return env


def read_list(name: str) -> list[str]:
    """The values of a variable, which commas separate; none if it is not set."""
    return [value.strip() for value in os.environ.get(name, "").split(",") if value.strip()]


def site_url(debug: bool, hosts: list[str]) -> str:
    """Where the site is if ``SITE_URL`` does not say so: the first of its hosts, over HTTPS."""
    if debug:
        return "http://localhost:8000"
    if hosts[0] == "*":
        stop("Not set: SITE_URL, as ALLOWED_HOSTS names no host. An example: https://www.example.com")
    return f"https://{hosts[0].removeprefix('.')}"


def stop(reason: str) -> NoReturn:
    """End the process. With status 3: gunicorn then ends too, where at any other it would start workers for ever."""
    sys.stderr.write(f"{reason}\n")
    sys.exit(3)
