"""The tests that an adapter must pass, one class that holds them all.

It owns the class that authors subclass; the tests are beside this file, by what they are about.
"""

from .changes import ChangesTests
from .clocks import ClockTests
from .deadlines import DeadlineTests
from .failing import FailingTests
from .interleaving import InterleavingTests
from .limits import LimitTests
from .memory import MemoryTests
from .observing import ObservingTests
from .pausing import PausingTests
from .racing import RacingTests
from .refusing import RefusingTests
from .returning import ClosingTests, RecoveryTests, ReopeningTests
from .saving import SavingTests, StoppingTests, UpdatingTests
from .touring import TouringTests


class AdapterSuite(
    ObservingTests,
    PausingTests,
    RefusingTests,
    MemoryTests,
    ClockTests,
    ChangesTests,
    DeadlineTests,
    FailingTests,
    RacingTests,
    RecoveryTests,
    ReopeningTests,
    ClosingTests,
    SavingTests,
    StoppingTests,
    UpdatingTests,
    TouringTests,
    InterleavingTests,
    LimitTests,
):
    """Subclass it, name the class `Test…`, and override `open`; `means` and the rest if needed."""
