"""What the end-to-end tests stand on: a private network, real phones, an exchange, speech and its measure."""
