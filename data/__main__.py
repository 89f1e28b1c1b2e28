"""``python -m data``: import, export and look after projects from the command line."""

import sys

from data.cli import main

sys.exit(main())
