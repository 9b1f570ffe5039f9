"""Where it happens: one browser, its driver, its tabs and its DevTools connection."""
