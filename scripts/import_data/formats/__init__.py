"""Readers of file formats. Each takes bytes and a name for its errors, and knows nothing of data sets."""
