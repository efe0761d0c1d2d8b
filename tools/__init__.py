"""What is run by hand or by `make`, and is no test: documentation, pictures, the client's figures, the coverage
law."""
