"""Every change under traffic: what clients of every kind see while the tool works."""
