"""Long-running work: status checks, sync and health."""
