"""The embedded site: a small Coupa whose every file can be known beforehand. Needs the extra `demo` to be served."""
