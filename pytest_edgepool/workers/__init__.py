"""One worker: its profile, its browser, its sign-in, from first use to the end. Never runs an order."""
