"""Maintains real hosts by the rules of the protocol, and never otherwise.

Owns the way from a fleet to hosts that run the new software. It must not know what judges it.
"""
