"""A client of DeviceHive 3: over its WebSocket, or over REST where there is none. One thread at a time."""
