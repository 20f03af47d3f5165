"""Labelled examples in the files of AudioSet and YouTube-8M: framing, messages, what a record holds, class lists."""
