"""The shop's own pages: HTML made on the server, one stylesheet, one small script, nothing from another host."""
