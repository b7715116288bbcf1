"""The rules of maintenance: who may do what, when, and all that follows from that for a fleet."""

from .instances import Instance
from .language import Actor, Deadline, Duration, Rule, by, promptly, reached, require, rule, takes
from .policies import DEFAULT_POLICY, POLICIES, Policy, PolicyError, load_policy
from .system import State, Step, System

__all__ = [
    "DEFAULT_POLICY",
    "POLICIES",
    "Actor",
    "Deadline",
    "Duration",
    "Instance",
    "Policy",
    "PolicyError",
    "Rule",
    "State",
    "Step",
    "System",
    "by",
    "load_policy",
    "promptly",
    "reached",
    "require",
    "rule",
    "takes",
]
