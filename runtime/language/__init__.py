"""From a flow file to a checked flow."""
