"""How each channel speaks: signatures, shapes, statement layouts. Pure: no socket, no database, no clock."""
