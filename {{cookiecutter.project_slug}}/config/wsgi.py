"""The entry point for WSGI servers: ``gunicorn config.wsgi``."""

import os

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup()  # with FORCE_SCRIPT_NAME, which WhiteNoise needs before the first request
application = get_wsgi_application()
