"""The command line: arguments, confirmation, exit codes. One module a command in `commands`."""
