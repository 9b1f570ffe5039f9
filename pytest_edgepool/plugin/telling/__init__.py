"""What people hear of a run: how far it is, what it used, and the files that say what came of it."""
