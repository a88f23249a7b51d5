"""The engine: one pipeline for every surface, and the Shop that opens it to the world."""
