"""Ready loads for locust, one a file; locust takes the shape that the given file holds."""
