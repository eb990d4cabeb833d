"""The names that people type to sign in."""

import re

from django.utils.crypto import salted_hmac

from accounts.fields import lower

# Whatever is typed beyond this cannot be anybody's name.
LONGEST = 2000

# What no database can hold: NUL, and halves of surrogate pairs.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def cleaned(text: object, length: int) -> str:
    """``text`` without what cannot be printed (control characters, marks of direction), cut to ``length`` characters.

    It can be stored by every database and shown without harm, whatever a client has sent.
    """
    return "".join(filter(str.isprintable, str(text)[:LONGEST]))[:length]


def storable(text: object) -> str:
    """``text`` without what no database can hold."""
    return UNSTORABLE.sub("", str(text)[:LONGEST])


def impossible(name: object, password: object) -> bool:
    """Whether nobody can have this name and password: a database cannot hold the one, or hashing fails on the other."""
    return any(UNSTORABLE.search(str(text)) for text in (name, password))


def name_key(name: object) -> str:
    """What stands for a name where the name itself must not: a keyed hash, 64 hexadecimal digits.

    Two names have the same if Django would find the same account under them, and only then. So no spelling of a name
    opens a fresh count, and nobody clears a name's count by signing in under one that only looks like it. The sign-in
    form has seen to its Unicode form (NFKC) before; what is left is the case, which the field for addresses lowers.

    Only who knows ``SECRET_KEY`` can try out which name a key stands for: people type passwords here.
    """
    return salted_hmac("auth_tracking.name", lower(storable(name)), algorithm="sha256").hexdigest()
