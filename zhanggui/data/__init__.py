"""Layer 1: the truth and the ways into it. Importing, the Store and its feed, checks, splits, the Release folder."""
