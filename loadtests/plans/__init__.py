"""Which runs are made, and in which order: one run, the rows of a plan, and the two plans themselves."""
