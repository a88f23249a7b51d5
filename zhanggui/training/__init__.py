"""Layer 5: learn from the shop's own data. The only layer that may import torch."""
