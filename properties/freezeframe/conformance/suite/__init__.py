"""The tests that an adapter must pass, one class that holds them all.

It owns the class that authors subclass; the tests are beside this file, by what they are about.
"""

from .observing import ObservingTests
from .pausing import PausingTests
from .refusing import RefusingTests


class AdapterSuite(
    ObservingTests,
    PausingTests,
    RefusingTests,
):
    """Subclass it, name the class `Test…`, and override `open`; `means` and the rest if needed."""
