"""First match: which rules decide a set of flows, in every possible world."""
