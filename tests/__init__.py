"""Tests mirror gpulab/: what checks gpulab/runs/store.py stands in tests/runs/test_store.py."""
