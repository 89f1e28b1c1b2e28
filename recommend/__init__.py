"""What to label next and when to stop: themed actions ranked by points per second, and the stop answer."""
