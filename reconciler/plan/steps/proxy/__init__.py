"""HAProxy and its anchor: made, changed, replaced."""
