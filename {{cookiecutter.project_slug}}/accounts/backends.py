"""An authentication backend for sites whose web server signs people in."""

from django.contrib.auth.backends import RemoteUserBackend as DjangoRemoteUserBackend


class RemoteUserBackend(DjangoRemoteUserBackend):
    """Django's, with the name as it is stored.

    ``RemoteUserMiddleware`` compares the two on each request, and would sign out and in again whom the server calls
    ``Eve@Example.com``.
    """

    def clean_username(self, username: str) -> str:
        return username.lower()
