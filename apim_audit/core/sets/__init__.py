"""Sets: intervals, addresses, service tags, and sets that are not known."""
