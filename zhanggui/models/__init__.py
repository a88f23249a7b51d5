"""Layer 4: recommenders as used in serving. Each learns from an event log and scores every item for a history."""
