"""What is told while things happen, as values, pure: for progress, logs, metrics and status."""
