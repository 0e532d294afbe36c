"""`make matrix`: the tests on every engine and every HAProxy, and the table that people look up."""
