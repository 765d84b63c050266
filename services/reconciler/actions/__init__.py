"""What the reconciler does, a noun a file: one method, one action. It knows no wire and no SQL."""
