"""Whether the site's own signals are delivered."""

from django.urls import path

from outbox import views

app_name = "outbox"

urlpatterns = [
    path("", views.delivery, name="delivery"),
    path("health/", views.health, name="health"),
]
