"""What holds for every topology and every world, tried on many of both."""
