"""The metadata service: scheduled events over HTTP, as a VM asks for them.

It owns the names that others may use. What events there are is `freezeframe.scheduled_events`'
affair; this package only shows them.
"""

from .answers import Answer, Metadata, Request
from .app import application
from .assembly import PATIENCE_SECONDS, default_listeners, guests_told, served, urls_of
from .callers import Callers, Listener, parse_listener
from .openapi import openapi
from .rate import RateLimit
from .server import Server

__all__ = [
    "PATIENCE_SECONDS",
    "Answer",
    "Callers",
    "Listener",
    "Metadata",
    "RateLimit",
    "Request",
    "Server",
    "application",
    "default_listeners",
    "guests_told",
    "openapi",
    "parse_listener",
    "served",
    "urls_of",
]
