"""Facts in and out: reads rows of every room's sheets, says what is wrong with them, applies them all or not at all."""
