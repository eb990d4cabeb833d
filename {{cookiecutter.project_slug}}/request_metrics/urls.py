"""How many requests there were, how long they took, and what failed."""

from django.urls import path

from request_metrics import views

app_name = "request_metrics"

urlpatterns = [
    path("", views.requests, name="requests"),
    path("metrics", views.metrics, name="metrics"),
]
