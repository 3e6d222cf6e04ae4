"""What scripts/import-data is made of.

`command` reads the arguments, `catalogue` lists the sets, `packages` gets checksummed package files, `formats` reads
what is in them, `sets` holds one module a data set, `store` writes finished sets whole or not at all. Python's standard
library only: nothing has to be installed before data can be imported.
"""
