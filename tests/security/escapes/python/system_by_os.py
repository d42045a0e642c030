# expect: script
import os

os.system("id")
