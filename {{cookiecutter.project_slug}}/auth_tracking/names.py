"""The names that people type to sign in."""

import unicodedata

from django.utils.crypto import salted_hmac

# Whatever is typed beyond this cannot be anybody's name: 254 characters at most, which may be longer before NFKC.
LONGEST = 2000


def cleaned(text: object, length: int) -> str:
    """``text`` without what cannot be printed (control characters, marks of direction), cut to ``length`` characters.

    It can be stored by every database and shown without harm, whatever a client has sent.
    """
    return "".join(filter(str.isprintable, str(text)[:LONGEST]))[:length]


def name_key(name: str) -> str:
    """What stands for a name where the name itself must not: a keyed hash, 64 hexadecimal digits.

    The same for all spellings that Django would take for one name, whatever their case or Unicode form, so that none
    opens a fresh count. Only who knows ``SECRET_KEY`` can try out which name it stands for: people type passwords here.
    """
    folded = unicodedata.normalize("NFKC", cleaned(name, LONGEST)).casefold()
    return salted_hmac(
        "auth_tracking.name", unicodedata.normalize("NFKC", folded).strip(), algorithm="sha256"
    ).hexdigest()
