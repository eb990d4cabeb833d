"""Following, and mail of what one follows."""

from django.urls import path

from subscriptions import views

app_name = "subscriptions"

urlpatterns = [
    path("tags/<slug:slug>/follow/", views.follow_tag, name="follow_tag"),
    path("tags/<slug:slug>/unfollow/", views.unfollow_tag, name="unfollow_tag"),
    path("authors/<int:pk>/follow/", views.follow_author, name="follow_author"),
    path("authors/<int:pk>/unfollow/", views.unfollow_author, name="unfollow_author"),
    path("mail/start/", views.start_mail, name="start_mail"),
    path("mail/stop/", views.stop_mail, name="stop_mail"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
