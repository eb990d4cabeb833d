"""What staff see of the site's signals."""

from django.urls import path

from signal_inspector import views

app_name = "signal_inspector"

urlpatterns = [
    path("", views.map, name="map"),
    path("counts/", views.numbers, name="counts"),
]
