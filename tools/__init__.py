"""What is run by hand or by `make`, and is no test: pictures, the client's figures, the coverage law."""
