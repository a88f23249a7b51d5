"""Look a shop over, machine and home, without changing anything: a running server is not disturbed."""

from zhanggui.app.doctor.examine import Patient, examine

__all__ = ["Patient", "examine"]
