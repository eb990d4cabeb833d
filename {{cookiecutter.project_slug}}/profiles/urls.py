"""Reading and editing profiles."""

from django.urls import path

from profiles import views

app_name = "profiles"

urlpatterns = [
    path("mine/", views.mine, name="mine"),
    path("edit/", views.edit, name="edit"),
    path("<int:pk>/", views.profile, name="profile"),
]
