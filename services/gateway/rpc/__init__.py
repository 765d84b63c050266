"""The gateway's own services over gRPC, a file for each. They translate and check who calls, and decide nothing."""
