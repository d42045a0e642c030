// expect: script
class Host_ {
  foreign static call_(name)
}
Host_.call_("host.load")
