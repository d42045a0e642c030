// expect: permission_denied
import "../lua/loop" for Anything
