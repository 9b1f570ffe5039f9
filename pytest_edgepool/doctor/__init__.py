"""Will it run: everything that decides it, looked at before a run. Never changes a base, never shows a cookie."""
