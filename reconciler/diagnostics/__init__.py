"""The ground floor: what is wrong, as values with a code and a place. Imports nothing of ours."""
