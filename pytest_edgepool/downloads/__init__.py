"""What we fetch: attachments, their names, their transfer, and the shelf they end on."""
