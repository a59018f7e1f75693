"""From two templates to a comparison score, from scores to a decision. Pure."""
