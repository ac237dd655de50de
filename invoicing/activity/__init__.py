"""What happened: events as rows in one hash chain, the audit log and the timeline."""
