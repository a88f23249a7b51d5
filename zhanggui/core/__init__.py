"""Layer 0: the words everyone shares. Imports nothing of this package."""
