"""The home page, pages and tags."""

from django.urls import path

from pages import views

app_name = "pages"

urlpatterns = [
    path("", views.home, name="home"),
    path("pages/<slug:slug>/", views.page, name="page"),
    path("pages/<slug:slug>/publish/", views.publish, name="publish"),
    path("pages/<slug:slug>/unpublish/", views.unpublish, name="unpublish"),
    path("tags/<slug:slug>/", views.tag, name="tag"),
]
