# expect: permission_denied
import os

os.listdir("/")
