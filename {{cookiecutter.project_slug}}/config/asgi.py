"""The entry point for ASGI servers."""

import os

import django
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup()  # with FORCE_SCRIPT_NAME, which WhiteNoise needs before the first request
application = get_asgi_application()
