"""One's notifications, and what one wants to be told of."""

from django.urls import path

from notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.mine, name="mine"),
    path("unread/", views.unread, name="unread"),
    path("read/", views.mark_all_read, name="mark_all_read"),
    path("switches/", views.switches, name="switches"),
    path("<int:pk>/open/", views.open_one, name="open"),
]
