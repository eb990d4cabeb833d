"""Every setting of the site, in one file. What differs between machines is read from the environment.

On a developer's machine the environment comes from ``.env``, which git ignores; ``.env.example`` lists what can be set.
"""

import os
from datetime import timedelta
from pathlib import Path

from config.environment import read_environment, read_list, site_url

BASE_DIR = Path(__file__).resolve().parent.parent

env = read_environment(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
# Not through env, which takes text that begins with a dollar sign for the name of another variable.
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = read_list("CSRF_TRUSTED_ORIGINS")


# The site

SITE_NAME = "{{ cookiecutter.project_name | quoted }}"
SITE_DESCRIPTION = "{{ cookiecutter.description | quoted }}"

# The links at the top of every page: text, URL name, and who sees it ("anyone", "users" or "staff").
NAVIGATION = [
    ("Home", "pages:home", "anyone"),
    # % if cookiecutter.profiles
    ("Profile", "profiles:mine", "users"),
    # % endif
    ("Account", "account", "users"),
    # % if cookiecutter.signal_delivery != "in-process"
    ("Delivery", "outbox:delivery", "staff"),
    # % endif
    # % if cookiecutter.request_metrics
    ("Requests", "request_metrics:requests", "staff"),
    # % endif
    # % if cookiecutter.signal_inspector
    ("Signals", "signal_inspector:map", "staff"),
    # % endif
    ("Admin", "admin:index", "staff"),
]

# Where it is, for links in mail: they are made where there is no request that tells.
SITE_URL = (os.environ.get("SITE_URL") or site_url(DEBUG, ALLOWED_HOSTS)).rstrip("/")

# What apps have to show on pages of others, in this order: templates, by the place that includes them.
PARTS: dict[str, list[str]] = {
    "account": [
        "accounts/account_panel.html",
        # % if cookiecutter.auth_tracking
        "auth_tracking/account_panel.html",
        # % endif
        # % if cookiecutter.profiles
        "profiles/account_panel.html",
        # % endif
        # % if cookiecutter.custom_signals
        "subscriptions/account_panel.html",
        # % endif
        # % if cookiecutter.notifications
        "notifications/account_panel.html",
        # % endif
    ],
    # % if cookiecutter.notifications
    "bar": ["notifications/bell.html"],
    # % endif
    # % if cookiecutter.custom_signals
    "page": ["subscriptions/follow_page.html"],
    "tag": ["subscriptions/follow_tag.html"],
    # % endif
}


# Applications

INSTALLED_APPS = [
    "core",  # stays the first: see core/apps.py
    # % if cookiecutter.signal_inspector
    "signal_inspector",  # before the others: it notes where they connect their receivers
    # % endif
    "accounts",
    "pages",
    # % if cookiecutter.lifecycle_signals
    "lifecycle",  # before the others: what its receivers refuse, no other one is to act on
    # % endif
    # % if cookiecutter.activity_log
    "activity_log",  # before the others: its receivers hear of a change before theirs make further ones
    # % endif
    # % if cookiecutter.auth_tracking
    "auth_tracking",
    # % endif
    # % if cookiecutter.profiles
    "profiles",
    # % endif
    # % if cookiecutter.cache_invalidation
    "cache_invalidation",
    # % endif
    # % if cookiecutter.custom_signals
    "subscriptions",
    # % endif
    # % if cookiecutter.notifications
    "notifications",
    # % endif
    # % if cookiecutter.signal_delivery != "in-process"
    "outbox",
    # % endif
    # % if cookiecutter.request_metrics
    "request_metrics",
    # % endif
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # % if cookiecutter.request_metrics
    "request_metrics.middleware.metrics_middleware",  # the first: it times all others
    # % endif
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # % if cookiecutter.activity_log or cookiecutter.notifications
    "core.actors.ActorMiddleware",
    # % endif
    "core.background.BackgroundMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # % if cookiecutter.auth_tracking
    "auth_tracking.middleware.LockoutMiddleware",
    # % endif
    # % if cookiecutter.cache_invalidation
    "cache_invalidation.middleware.CacheHeaderMiddleware",
    # % endif
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Data

database = env.db("DATABASE_URL")
database |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
if database["ENGINE"] == "django.db.backends.sqlite3":
    if database["NAME"] != ":memory:":
        database["NAME"] = BASE_DIR / database["NAME"]
    # SQLite for a web load: readers do not wait for a writer (WAL), and a writer takes its lock when its transaction
    # begins, where it can wait for it (IMMEDIATE, timeout in seconds), not halfway, where it could only fail.
    database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

DATABASES = {"default": database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

cache = env.cache("CACHE_URL", default="locmemcache://")
on_redis = cache["BACKEND"] == "django.core.cache.backends.redis.RedisCache"
if on_redis:
    # For how many seconds a Redis that does not answer can hold a request. One that is down says so at once.
    cache["OPTIONS"] = {"socket_connect_timeout": 1, "socket_timeout": 1} | cache.get("OPTIONS", {})
    # % if cookiecutter.cache_invalidation
    cache["BACKEND"] = "cache_invalidation.backends.RedisCache"  # Django's, which also notices that Redis was restarted
    # % endif
elif cache["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache":
    cache["OPTIONS"] = {"MAX_ENTRIES": 10_000} | cache.get("OPTIONS", {})  # Django's 300 are soon full

# The prefix keeps sites apart that share a server.
# % filter replace("my-site", cookiecutter.project_slug)
CACHES = {"default": {"KEY_PREFIX": "my-site"} | cache}


# % endfilter
# Pages

# % if cookiecutter.cache_invalidation
# For how many seconds a page is read from the cache at most, if nobody changes it. In local memory also for how long
# what another process has changed may go unseen.
CACHED_PAGE_SECONDS = 300 if on_redis else 5
# Whether who changes a page reads the home page anew right after the commit, so that no visitor has to.
KEEP_HOME_WARM = False
# % endif
# What visitors' pages are read through: PageReads, or a class that stands before it.
# % filter replace("cache_invalidation.page_reads.CachedPageReads", cookiecutter.cache_invalidation | page_reads)
PAGE_READS = "cache_invalidation.page_reads.CachedPageReads"


# % endfilter
# Accounts

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "account"
LOGOUT_REDIRECT_URL = "pages:home"


# % if cookiecutter.auth_tracking
# Sign-ins: see auth_tracking/lockout.py

AUTHENTICATION_BACKENDS = ["auth_tracking.backends.LockoutBackend"]  # others go after it
# How many proxies in front of the site add to X-Forwarded-For. One too many, and anybody can claim any IP address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

LOCKOUT = env.bool("LOCKOUT", default=True)
# In any so many seconds, how many attempts reach the password: of a name from an IP address, of a name, from an IP.
LOCKOUT_WINDOW = 15 * 60
LOCKOUT_LIMITS = {"name_and_ip": 5, "name": 20, "ip": 100}
# Where they are counted: DatabaseStore, or RedisStore if the cache is a Redis that evicts nothing. When that is down,
# everybody may try (True), or nobody (False).
LOCKOUT_STORE = "auth_tracking.stores.DatabaseStore"
LOCKOUT_FAILS_OPEN = True

# The views, by name, whose sign-ins and sign-outs are not recorded: through them staff act as somebody else. Here those
# of django-hijack and django-loginas.
IMPERSONATING_VIEWS = ["hijack:acquire", "hijack:release", "loginas-user-login", "loginas-logout"]


# % endif
# % if cookiecutter.activity_log
# Activity: the models whose changes are recorded

# Of each, fields to leave out ("exclude"), and fields of which it is told only that they have changed ("secret"): those
# whose names tell, such as password, are secret anyway.
ACTIVITY_LOG: dict[str, dict[str, list[str]]] = {
    "accounts.User": {"exclude": ["last_login"]},  # a sign-in is no change
    "auth.Group": {},
    "pages.Page": {},
    "pages.Tag": {},
    # % if cookiecutter.profiles
    "profiles.Profile": {},
    # % endif
}


# % endif
# % if cookiecutter.lifecycle_signals
# Lifecycle: what holds after each migrate, and for each connection to a database

# These groups have these permissions, at least, after each migrate. Nobody may change users: who may can make himself a
# superuser.
GROUPS: dict[str, list[str]] = {
    "Editors": [
        "pages.view_page",
        "pages.add_page",
        "pages.change_page",
        "pages.view_tag",
        "pages.add_tag",
        "pages.change_tag",
    ],
    "Support": ["accounts.view_user"],
}
UNAPPLY_MIGRATIONS = env.bool("UNAPPLY_MIGRATIONS", default=DEBUG)
# What PostgreSQL shows of a connection, followed by the program. Empty: nothing.
# % filter replace("my-site", cookiecutter.project_slug)
APPLICATION_NAME = "my-site"
# % endfilter
# For how many seconds PostgreSQL lets a statement run, one wait for a lock, and a transaction do nothing. 0: for ever.
DATABASE_LIMITS: dict[str, float] = {"statement": 60, "lock": 20, "idle_transaction": 15 * 60}


# % endif
# % if cookiecutter.request_metrics
# Requests: counted in memory, stored every so many seconds, and when a process ends; 0 if nothing is to be stored

REQUEST_METRICS_FLUSH = env.int("REQUEST_METRICS_FLUSH", default=10)
# What Prometheus has to show at /requests/metrics, which is not there while this is empty.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")


# % endif
# What runs regularly: a command with its arguments, and how often

# % if cookiecutter.signal_delivery == "celery"
# Run by Celery beat; by manage.py run_due where there is none.
# % else
# Run by manage.py run_due, which cron starts every minute.
# % endif
SCHEDULE = {
    # % if cookiecutter.custom_signals
    "announce_pages": timedelta(minutes=1),
    # % endif
    "clearsessions": timedelta(days=1),
    # % if cookiecutter.auth_tracking
    "prune_login_events --days 90": timedelta(days=1),
    # % endif
    # % if cookiecutter.notifications
    "prune_notifications --days 90": timedelta(days=1),
    # % endif
    # % if cookiecutter.activity_log
    "prune_activity --days 365": timedelta(days=1),
    # % endif
    # % if cookiecutter.request_metrics
    "prune_requests --days 90": timedelta(days=1),
    # % endif
    # % if cookiecutter.signal_delivery != "in-process"
    "prune_outbox --days 30": timedelta(days=1),
    # % endif
}


# Signals of the site's own

# % if cookiecutter.signal_delivery != "in-process"
# A signal that a receiver fails on is sent to it again, after FIRST_DELAY seconds, then twice as long each time, up to
# LONGEST_DELAY; after TRIES it is parked. A relay that gives no sign of life for LEASE seconds loses what it took on.
OUTBOX = {"TRIES": 10, "FIRST_DELAY": 5, "LONGEST_DELAY": 3600, "LEASE": 60}
# Older than this, in seconds, a signal that waits makes the health check fail.
OUTBOX_LAG = 300
# % endif
# % if cookiecutter.signal_delivery == "celery"
CELERY_BROKER_URL = env("BROKER_URL", default="redis://localhost:6379/1")
# % filter replace("my-site", cookiecutter.project_slug)
CELERY_TASK_DEFAULT_QUEUE = "my-site"  # keeps sites apart that share a broker
# % endfilter
# For how many seconds a broker that does not answer can hold a request. One that is down says so at once, and what it
# was not told is found by the schedule.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 1, "max_retries": 0}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
# A task whose worker dies is given to another one.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# In seconds: a task is asked to end, and then made to.
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    # The net: what nobody was nudged for, and what is to be tried again. Not kept while no worker is there.
    "outbox": {"task": "outbox.tasks.drain", "schedule": 5, "options": {"expires": 5}},
} | {
    line: {"task": "run_command", "schedule": every, "args": [line], "options": {"expires": every.total_seconds()}}
    for line, every in SCHEDULE.items()
}
# % endif
# How those that are sent on commit reach their receivers: see core/dispatch.py.
# % filter replace("outbox.tasks.NudgingOutbox", cookiecutter.signal_delivery | delivery_class)
SIGNAL_DELIVERY = "outbox.tasks.NudgingOutbox"


# % endfilter
# % if cookiecutter.signal_inspector
# Inspector: who is connected to which signal

# Receivers of model signals that are connected without a sender with reason, such as "audit.signals.note_save".
RECEIVERS_OF_EVERY_MODEL: list[str] = []
# Whether each process counts and times its receivers, as the map of signals then shows: some µs a send.
SIGNAL_TRACE = env.bool("SIGNAL_TRACE", default=False)
# What opens a file in the editor, with {file} and {line} in it: for links on the map of signals. Empty: no links.
EDITOR_URL = os.environ.get("EDITOR_URL") or ("vscode://file/{file}:{line}" if DEBUG else "")


# % endif
# Mail

# For how many seconds sending it may hold a web request, all mail of a request together. It then goes on without.
MAIL_HOLDS_REQUEST = 2

DEFAULT_FROM_EMAIL = (
    os.environ.get("DEFAULT_FROM_EMAIL")  # or whoever made the site
    or "{{ cookiecutter.author_email | quoted }}"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

mail = env.email("EMAIL_URL", default="consolemail://")
# % if cookiecutter.django_version == "5.2"
EMAIL_BACKEND = mail["EMAIL_BACKEND"]
EMAIL_HOST = mail["EMAIL_HOST"]
EMAIL_PORT = mail["EMAIL_PORT"]
EMAIL_HOST_USER = mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds


# % else
MAILERS: dict[str, dict[str, object]] = {"default": {"BACKEND": mail["EMAIL_BACKEND"]}}
if mail["EMAIL_HOST"]:
    MAILERS["default"]["OPTIONS"] = {
        "host": mail["EMAIL_HOST"],
        "port": mail["EMAIL_PORT"],
        "username": mail["EMAIL_HOST_USER"],
        "password": mail["EMAIL_HOST_PASSWORD"],
        "use_tls": mail.get("EMAIL_USE_TLS", False),
        "use_ssl": mail.get("EMAIL_USE_SSL", False),
        "timeout": 10,  # seconds
    }


# % endif
# Language and time

LANGUAGE_CODE = "en-us"
# % filter replace("UTC", cookiecutter.timezone)
TIME_ZONE = "UTC"
# % endfilter
USE_TZ = True  # needed: what the site records is compared with aware times


# Static files: WhiteNoise serves them, compressed and cacheable for ever, once collectstatic has collected them. In
# development runserver serves them from where they lie.

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if not DEBUG:
    after_security = MIDDLEWARE.index("django.middleware.security.SecurityMiddleware") + 1
    MIDDLEWARE.insert(after_security, "whitenoise.middleware.WhiteNoiseMiddleware")


# Security: everything over HTTPS, unless DEBUG

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
# Browsers remember for this long (seconds) to come over HTTPS only. Raise it to a year when that surely works.
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# A proxy that ends TLS says so in this header. Believed only when asked: without such a proxy anyone can send it.
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


# Logging: to standard error, tracebacks included

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": [], "level": "NOTSET"}},
}


# Development

DEBUG_TOOLBAR = env.bool("DEBUG_TOOLBAR", default=DEBUG)
if DEBUG_TOOLBAR:
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1", "::1"]
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}
    # % if cookiecutter.signal_inspector
    from debug_toolbar.settings import PANELS_DEFAULTS

    DEBUG_TOOLBAR_PANELS = [*PANELS_DEFAULTS, "signal_inspector.panels.SignalTracePanel"]
    # % endif
