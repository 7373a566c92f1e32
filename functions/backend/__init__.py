"""What any video service must offer, and what its drafts, replies and errors mean."""
