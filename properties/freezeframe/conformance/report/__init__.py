"""What a run of the suite showed: values, and how they are told on a terminal, as JSON and HTML.

It owns the names that the plugin uses. It must not know any adapter, nor how tests are run.
"""

from .page import page
from .results import SuiteResult, suites
from .structured import structured
from .summary import summary_lines

__all__ = ["SuiteResult", "page", "structured", "suites", "summary_lines"]
