"""Decisions, pure: what is wanted, what is there, what is different, and the steps between.

Touches no clock, file, socket, environment, thread, random number or log.
"""
