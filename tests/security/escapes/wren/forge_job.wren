// expect: invalid
import "polyspell" for Host_
Host_.wait_("job")
