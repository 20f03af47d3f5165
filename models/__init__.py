"""Networks, feature front ends and model bundles: plain functions on arrays."""
