"""What pages announce."""

from core.dispatch import OrderedSignal

# Sent when a page has become public, because somebody published it or because its time has come: after the commit, once
# for each time. The sender is Page. Arguments: instance, the page; first, whether it was never public before; using.
page_published = OrderedSignal(per="instance")

# Sent when a page that was public no longer is, because somebody has taken it back or given it a later time: after the
# commit, once for each time; not when the page is deleted. The sender is Page. Arguments: instance, the page; using.
page_unpublished = OrderedSignal(per="instance")
