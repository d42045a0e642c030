# expect: permission_denied
from ..secrets import key
