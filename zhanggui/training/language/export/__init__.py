"""From trained weights to what a shop serves: an ONNX graph, pruned and quantised. Needs no torch by itself."""
