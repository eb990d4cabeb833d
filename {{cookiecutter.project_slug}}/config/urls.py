"""Which URL leads to which app."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

urlpatterns: list[URLPattern | URLResolver] = [
    # One page to change one's password, which checks the old one as a sign-in does.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    # % if cookiecutter.profiles
    path("profiles/", include("profiles.urls")),
    # % endif
    # % if cookiecutter.custom_signals
    path("subscriptions/", include("subscriptions.urls")),
    # % endif
    # % if cookiecutter.notifications
    path("notifications/", include("notifications.urls")),
    # % endif
    # % if cookiecutter.signal_delivery != "in-process"
    path("outbox/", include("outbox.urls")),
    # % endif
    # % if cookiecutter.request_metrics
    path("requests/", include("request_metrics.urls")),
    # % endif
    # % if cookiecutter.signal_inspector
    path("signals/", include("signal_inspector.urls")),
    # % endif
    path("", include("pages.urls")),
]

if settings.DEBUG_TOOLBAR:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
