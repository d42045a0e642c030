// What every script can import from "polyspell" beside the API. The rest of the module is written
// from the API's declaration: see face.py.

// An error of the host, or one of your own: `Fiber.abort(PolyspellError.new("no", {"code": "x"}))`.
foreign class PolyspellError {
  construct new(message) {}
  construct new(message, options) {}
  code { Host_.get_(this, "code") }
  message { Host_.get_(this, "message") }
  hint { Host_.get_(this, "hint") }
  context { Host_.get_(this, "context") }
  retryable { Host_.get_(this, "retryable") }
  toString { message }
}

// Bytes: of a string, or of a list of numbers up to 255.
foreign class Bytes is Sequence {
  construct new(content) {}
  count { Host_.get_(this, "count") }
  text { Host_.get_(this, "text") }
  toList { Host_.get_(this, "list") }
  [index] { Host_.get_(this, index) }
  iterate(last) { (0...count).iterate(last) }
  iteratorValue(at) { this[at] }
  ==(other) { other is Bytes && Host_.same_(this, other) }
  !=(other) { !(this == other) }
  toString { text }
}

// A whole number of any size: numbers of Wren's are exact up to 2^53.
foreign class Integer {
  construct new(content) {}
  toNum { Host_.get_(this, "number") }
  toString { Host_.get_(this, "text") }
  ==(other) { other is Integer && Host_.same_(this, other) }
  !=(other) { !(this == other) }
}

// An object of the host of a kind that the API does not declare.
foreign class Handle {}

// Fields of the host that the API does not declare.
foreign class Record {
  [name] { Host_.get_(this, name) }
  keys { Host_.get_(this, "") }
  toString { Host_.show_(this) }
}

// Something that runs beside you: what `Polyspell.async` gives.
class Future {
  construct start_(work) {
    _job = Host_.start_(Fn.new { _value = work.call() })
  }
  isDone { Host_.get_(_job, "done") }
  wait() {
    Host_.wait_(_job)
    return _value
  }
  call() { wait() }
}

foreign class Job_ {}

class Together_ {
  static all(things) {
    things = things.toList
    var values = List.filled(things.count, null)
    var work = (0...things.count).map {|i| Fn.new { values[i] = things[i].call() } }
    Host_.all_(work.toList)
    return values
  }
  static use(handle, fn) {
    var fiber = Fiber.new { fn.call(handle) }
    var value = fiber.try()
    while (!fiber.isDone) value = fiber.try(Fiber.yield(value))
    handle.close()
    if (fiber.error != null) Fiber.abort(fiber.error)
    return value
  }
}

var Values_ = Host_.values_()
