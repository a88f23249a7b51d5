"""The crash harness: the real program is killed at random moments, started again on the same home, and checked."""
