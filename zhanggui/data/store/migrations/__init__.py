"""Alembic's scripts: one file a version, oldest first. `env.py` connects them to the caller's transaction."""
