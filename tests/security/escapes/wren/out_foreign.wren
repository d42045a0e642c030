// expect: script
foreign class File {
  construct open(path) {}
  foreign read()
}
System.print(File.open("/etc/passwd").read())
