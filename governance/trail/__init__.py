"""The trail: append-only, chained, durable before an answer leaves, and verifiable by anybody who can read it."""
