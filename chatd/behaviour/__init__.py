"""What a request does. Nothing here waits: a dispatch is atomic between two greenlet switches."""
