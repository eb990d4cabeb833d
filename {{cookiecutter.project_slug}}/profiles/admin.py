"""Profiles in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User
from profiles.forms import ProfileForm
from profiles.models import Profile


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin[Profile]):
    form = ProfileForm
    list_display = ("user", "location", "website", "updated_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name", "location")
    readonly_fields = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # every user has one

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Deleting a profile deletes its user: list, and ask permission for, all that goes.
        users: Any = User.objects.filter(pk__in=[profile.user_id for profile in objs])
        return super().get_deleted_objects(users, request)
