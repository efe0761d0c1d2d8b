"""What is measured: the loads, one class each."""
