"""The only door: REST and JSON outside, gRPC inside, API keys and masks between. It has no business rules."""
