"""Tests of scheduled events: the documents, the service, and clients of it."""
