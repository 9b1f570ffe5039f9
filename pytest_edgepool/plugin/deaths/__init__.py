"""What becomes of items whose worker died, or can work no more: none is lost, none runs twice unseen."""
