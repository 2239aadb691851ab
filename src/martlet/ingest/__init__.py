"""Events to typed rows, or to the quarantine, and into storage."""
