"""``manage.py unblock``: let those try again who are kept out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from auth_tracking import lockout
from auth_tracking.addresses import ip_key, parsed
from auth_tracking.names import cleaned, name_key


class Command(BaseCommand):
    help = "Lift the lockout of a user, of an IP address, or of all, and say what was lifted."

    def add_arguments(self, parser: CommandParser) -> None:
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--user", metavar="NAME", help="What the user signs in with: an email address.")
        group.add_argument("--ip", help="An IP address. An IPv6 address stands for its /64 network.")
        group.add_argument("--all", action="store_true", help="All names and addresses.")

    def handle(self, *, user: str | None, ip: str | None, **options: Any) -> None:
        if user is not None:
            whose, keys = f"of {cleaned(user, 254)}", {"name": name_key(user)}
        elif ip is not None:
            address = parsed(ip)
            if address is None:
                raise CommandError(f'"{ip}" is not an IP address. One looks like 192.0.2.1 or 2001:db8::1.')
            whose, keys = f"from {ip_key(address)}", {"ip": ip_key(address)}
        else:
            whose, keys = "of all", {}
        try:
            lifted = lockout.lift(**keys)
        except Exception as error:
            raise CommandError(f"The lockout's store is down: {error}") from error
        self.stdout.write(self.style.SUCCESS(f"Attempts {whose} forgotten: {lifted}."))
