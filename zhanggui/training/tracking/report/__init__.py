"""The report of a run: one HTML file with pictures."""

from zhanggui.training.tracking.report.page import REPORT, render, write_report

__all__ = ["REPORT", "render", "write_report"]
