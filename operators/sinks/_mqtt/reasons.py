"""Why a connection to a broker cannot be had, or is lost, in words that help."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flowrun.schemas.errors import explain

if TYPE_CHECKING:
    from paho.mqtt.reasoncodes import ReasonCode

# Reason codes of MQTT 5, section 2.4; paho gives those of MQTT 3.1.1 as these.
REFUSALS = frozenset({149, 153})  # of one message, for ever: packet too large, payload format invalid
REMEDIES = {
    132: "it does not speak this version of MQTT: set another `version`",
    133: "it does not take this `client_id`",
    134: "the user name or the password is wrong",
    135: "it does not let us in: the user name, the password or the certificate is wrong or missing",
    142: "another client has connected with the same `client_id`",
}


def meaning(reason: ReasonCode) -> str:
    """Return what a broker says of a connection."""
    return REMEDIES.get(reason.value) or f"it says {reason.getName().lower()!r}"


def cause(error: Exception) -> str:
    """Return what went wrong on the way to a broker."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        named = "mismatch" in error.verify_message  # of the host or the address
        remedy = "`url` must name it as its certificate does" if named else "`ca` names the certificates to trust"
        return f"its certificate is not trusted: {error.verify_message.rstrip('.')}; {remedy}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {error.reason or explain(error)}"
    return explain(error)


class LastError(logging.Handler):
    """Keeps what paho logs as an error: why a read or a write failed is told nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""
        self.logger = logging.Logger("paho", logging.ERROR)  # of nobody else, and never shown
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        _, _, why = " ".join(record.getMessage().split()).partition(": ")  # "failed to receive on socket: "
        self.text = why
