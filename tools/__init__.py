"""What is run by hand or by `make`, and is no test: documentation, pictures, figures of the client, a law."""
