"""The parts of `mqtt`."""
