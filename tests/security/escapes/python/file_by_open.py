# expect: permission_denied
open("/etc/passwd").read()
