def as_html(c, *, diff):
    return ""
