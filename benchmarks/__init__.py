"""Measurements of speed and quality. Not part of the package."""
