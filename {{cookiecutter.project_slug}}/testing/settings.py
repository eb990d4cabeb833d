"""The settings of tests: the site's, with what tests assert on pinned.

So an edit of ``config/settings.py`` breaks a test only if it breaks the site. Tests read no ``.env``; a DATABASE_URL or
CACHE_URL that is set takes them there.
"""

import os

os.environ |= {"ENV_FILE": "", "SECRET_KEY": "key-for-tests-only", "DEBUG": "true", "DEBUG_TOOLBAR": "false"}
# % filter replace("sqlite:///db.sqlite3", cookiecutter.database | database_url(cookiecutter.project_slug))
os.environ.setdefault("DATABASE_URL", "sqlite:///db.sqlite3")
# % endfilter
# % filter replace("locmemcache://", cookiecutter.cache | cache_url)
os.environ.setdefault("CACHE_URL", "locmemcache://")
# % endfilter
# % if cookiecutter.signal_delivery == "celery"
os.environ.setdefault("BROKER_URL", "memory://")

# % endif
from config.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "testing"]

SITE_NAME = "Test site"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, not safe
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_FROM_EMAIL = "site@example.com"
# % if cookiecutter.cache_invalidation
CACHED_PAGE_SECONDS = 300
KEEP_HOME_WARM = False
# % endif
# % if cookiecutter.auth_tracking
LOCKOUT = True
LOCKOUT_WINDOW = 15 * 60
LOCKOUT_LIMITS = {"name_and_ip": 5, "name": 20, "ip": 100}
LOCKOUT_STORE = "auth_tracking.stores.DatabaseStore"
LOCKOUT_FAILS_OPEN = True
TRUSTED_PROXY_COUNT = 0
# % endif
# % if cookiecutter.activity_log
ACTIVITY_LOG = {
    "accounts.User": {"exclude": ["last_login"]},
    "testing.Product": {"secret": ["supplier_code"]},
    "testing.Category": {},
}
# % endif
# % if cookiecutter.lifecycle_signals
GROUPS = {"Stock keepers": ["testing.view_product", "testing.change_product"]}
UNAPPLY_MIGRATIONS = True
# % endif
# % if cookiecutter.request_metrics
REQUEST_METRICS_FLUSH = 0
METRICS_TOKEN = ""
# % endif
# % if cookiecutter.signal_delivery != "in-process"
OUTBOX = {"TRIES": 3, "FIRST_DELAY": 10, "LONGEST_DELAY": 15, "LEASE": 60}
OUTBOX_LAG = 300
# % endif
# % if cookiecutter.signal_inspector
SIGNAL_TRACE = False
EDITOR_URL = ""
# % endif
