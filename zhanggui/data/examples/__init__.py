"""What a language model learns from: pairs of texts made from behaviour, the catalogue and the raw query log."""
