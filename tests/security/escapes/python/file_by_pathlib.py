# expect: permission_denied
from pathlib import Path

Path("/etc/passwd").read_text()
