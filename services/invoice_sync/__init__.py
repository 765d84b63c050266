"""Gets each invoice into the tax authority's system and can prove it."""
