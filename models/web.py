"""What opens web addresses, and nothing else."""

from __future__ import annotations

import urllib.request


def web_opener() -> urllib.request.OpenerDirector:
    """Return an opener of http and https addresses: a redirection cannot lead to a file."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
