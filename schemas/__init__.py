"""The vocabulary of a flow: what travels, how an operator is declared, the schema of a flow."""
