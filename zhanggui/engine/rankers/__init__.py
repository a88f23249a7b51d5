"""Rankers: each gives every candidate the one score that orders the page."""
