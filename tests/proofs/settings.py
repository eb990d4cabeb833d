"""The settings of proofs: those of the site's tests, with the sample content in what is recorded and allowed."""

from testing.settings import *

# isort: split
from config import settings as site  # only now: the other one sets the environment

ACTIVITY_LOG = {
    "accounts.User": {"exclude": ["last_login"]},
    "auth.Group": {},
    "pages.Page": {},
    "pages.Tag": {},
} | ({"profiles.Profile": {}} if "profiles" in INSTALLED_APPS else {})
GROUPS = {
    "Editors": [f"pages.{action}_{model}" for model in ("page", "tag") for action in ("view", "add", "change")],
    "Support": ["accounts.view_user"],
}
OUTBOX = {"TRIES": 10, "FIRST_DELAY": 5, "LONGEST_DELAY": 3600, "LEASE": 60}
SITE_NAME = site.SITE_NAME
