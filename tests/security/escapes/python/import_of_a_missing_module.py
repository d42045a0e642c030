# expect: not_found
import subprocess
