-- expect: permission_denied
require("/etc/passwd.lua")
