"""What all sinks share that send events over a network: an outbox, and couriers that empty it."""
