"""`python -m klgrad` is the program itself."""

import os
import sys

from klgrad._program import find

if __name__ == "__main__":
    program = find()
    os.execv(program, [str(program), *sys.argv[1:]])
