"""What becomes of a video over its life: submitted, edited, exported, recovered, deleted."""
