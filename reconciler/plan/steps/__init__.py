"""The steps of a plan and what each one waits for: verbs that take the situation and the tasks that
they come after, and return theirs."""
