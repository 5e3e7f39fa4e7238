"""How often each front end may ask: a bucket of tokens for each key, in each worker."""

from __future__ import annotations

from governance.kernel.errors import TooMany

MOST_KEYS = 10_000


class Pace:
    """Lets every key ask so many times a second, after a rest twice as many at once. A rate of 0 is no limit."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(1.0, 2 * rate)
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str, at: float) -> None:
        """Let a key ask once, at a monotonic moment in seconds; raise `TooMany` when it must wait."""
        if not self._rate:
            return
        tokens, since = self._buckets.get(key, (self._burst, at))
        tokens = min(self._burst, tokens + (at - since) * self._rate)
        if tokens < 1:
            self._buckets[key] = (tokens, at)
            wait = (1 - tokens) / self._rate
            raise TooMany(
                f"this key asks more than {self._rate:g} times a second; ask again in {max(wait, 0.1):.1f} s", wait
            )
        if len(self._buckets) >= MOST_KEYS:
            self._buckets.clear()
        self._buckets[key] = (tokens - 1, at)
