"""What came of it: statuses, the ledger, and the reports made from it."""
