// A spell in two files: polyspell run modules.wren
import "./lib/text" for Text
System.print(Text.shout("hello"))
