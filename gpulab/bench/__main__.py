"""So that `python -m gpulab.bench` does what `gpulab bench` does."""

from __future__ import annotations

import sys

from gpulab.bench import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
