"""``python -m allconnects`` is the command ``allconnects``."""

import sys

from allconnects.cli import main

sys.exit(main())
