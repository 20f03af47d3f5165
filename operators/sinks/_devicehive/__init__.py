"""The parts of `devicehive`."""
