// The process's entry: picks a subcommand, nothing else.
