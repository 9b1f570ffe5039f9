"""Who we are: finding, copying, leasing and proving browser profiles."""
