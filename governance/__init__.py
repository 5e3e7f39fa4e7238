"""The ground: facts about people and organisations, decisions, the trail, and what doors share."""
