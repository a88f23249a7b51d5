"""Layer 2: text analysis, the index of the catalogue, vectors, and the fusion of what they find."""
