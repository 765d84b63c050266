"""Reads invoice files that somebody sends in, in a process of its own: XML, OFD, PDF with text, pictures with a code.

The libraries that read PDFs and pictures are native code, and what they read is anybody's. So each file is read by
`program.py`, which has limits of memory, time and files and is killed at its deadline; `reader.py` starts it. Nothing
here asks an authority or a database.
"""
