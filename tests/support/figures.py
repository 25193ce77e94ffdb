"""Print at a run's end the seeds and figures that its tests recorded with ``record_property``.

pytest keeps what a test prints where it passes, and pytest-xdist has tests print in processes of
their own; a test's properties travel with its report.
"""

import pytest

__all__ = ["pytest_terminal_summary"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say them test by test."""
    ended = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [report for report in ended if report.when == "call" and report.user_properties]
    if told:
        terminalreporter.section("seeds and figures")
    for report in told:
        terminalreporter.write_line(report.nodeid)
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")
