"""Layer 1: how good a ranking is, and how sure we are. One metric a file, pure kernels over arrays."""
