"""pydantic's errors in the words of the file: messages, forms, hints. Decides nothing."""
