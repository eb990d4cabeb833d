"""What staff see."""

from django.urls import path

from request_metrics import views

app_name = "request_metrics"

urlpatterns = [
    path("", views.requests, name="requests"),
]
