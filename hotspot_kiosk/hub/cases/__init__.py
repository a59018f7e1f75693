"""What happened to each check, who may add to it, and who must be told what."""
