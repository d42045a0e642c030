# expect: permission_denied
import os

os.getenv("HOME")
