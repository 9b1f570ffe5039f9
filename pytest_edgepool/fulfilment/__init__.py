"""How one order is worked on: its desk, its page, its files, and the site that all workers share."""
