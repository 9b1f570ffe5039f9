"""What the site is: its URLs, its pages, and how signed-out looks."""
