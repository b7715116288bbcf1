"""What can keep the lab from working, and how it is said.

Owns the lab's errors. It must not know how a lab is built.
"""


class LabError(Exception):
    """The lab could not do what was asked; the text says what was expected and what was found."""


class LabUnavailableError(LabError):
    """No lab can be had on this machine; the text is the reason, in one line."""
