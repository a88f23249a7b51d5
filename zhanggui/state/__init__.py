"""Online state: what must be known at once, because the very next page shows it."""
