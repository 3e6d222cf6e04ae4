"""Tests of scripts/import-data: offline, on fixtures of tests/data/import and packages made on the spot.

Run them with `python3 -m unittest discover -s scripts/import_data/tests -t scripts`.
"""
