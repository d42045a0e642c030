// expect: limit_exceeded memory
import "polyspell" for Bytes
Bytes.new("x" * 1.2e7).toList
