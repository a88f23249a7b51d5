"""Sources: each proposes candidates with evidence, and knows nothing of the others."""
