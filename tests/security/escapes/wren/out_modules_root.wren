// expect: permission_denied
import "/etc/passwd" for Anything
