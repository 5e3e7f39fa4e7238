"""The layout of both databases, step by step: expand, then contract. A migration never imports a model."""
