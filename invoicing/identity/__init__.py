"""Who may come in: members, their sessions, passwords and the one-time set-up token."""
