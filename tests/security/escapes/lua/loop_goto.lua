-- expect: limit_exceeded cpu
::again::
goto again
