"""The command line: one file a group of commands; `main` joins them."""
