# expect: script
_ps_at = None
_ps_here = None
1 / 0
