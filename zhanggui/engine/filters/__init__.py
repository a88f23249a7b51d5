"""Filters: each keeps or drops candidates for one reason, and says which."""
