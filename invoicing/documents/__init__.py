"""The kernel that every document shares: totals, the snapshot of the parties, the paper."""
