// Five bodies under gravity: arithmetic on fields and lists.
class Body {
  construct new(x, y, z, vx, vy, vz, mass) {
    _x = x
    _y = y
    _z = z
    _vx = vx
    _vy = vy
    _vz = vz
    _mass = mass
  }
  x { _x }
  y { _y }
  z { _z }
  mass { _mass }
  energy { 0.5 * _mass * (_vx * _vx + _vy * _vy + _vz * _vz) }
  push(dx, dy, dz, by) {
    _vx = _vx + dx * by
    _vy = _vy + dy * by
    _vz = _vz + dz * by
  }
  move(dt) {
    _x = _x + dt * _vx
    _y = _y + dt * _vy
    _z = _z + dt * _vz
  }
}

class Sky {
  construct new(bodies) { _bodies = bodies }

  step(dt) {
    var n = _bodies.count
    for (i in 0...n) {
      var a = _bodies[i]
      for (j in (i + 1)...n) {
        if (j <= i) break
        var b = _bodies[j]
        var dx = a.x - b.x
        var dy = a.y - b.y
        var dz = a.z - b.z
        var square = dx * dx + dy * dy + dz * dz
        var force = dt / (square * square.sqrt)
        a.push(dx, dy, dz, -b.mass * force)
        b.push(dx, dy, dz, a.mass * force)
      }
    }
    for (body in _bodies) body.move(dt)
  }

  energy {
    var total = 0
    for (body in _bodies) total = total + body.energy
    return total
  }
}

var start = System.clock
var sky = Sky.new([
  Body.new(0, 0, 0, 0, 0, 0, 39.5),
  Body.new(4.8, -1.2, -0.1, 0.6, 2.8, -0.02, 0.04),
  Body.new(8.3, 4.1, -0.4, -1.0, 1.8, 0.01, 0.011),
  Body.new(12.9, -15.1, -0.2, 1.1, 0.9, -0.01, 0.0017),
  Body.new(15.4, -25.9, 0.2, 1.0, 0.6, -0.03, 0.002)
])
for (i in 1..20000) sky.step(0.001)
System.print((sky.energy * 1000000).round)
System.print("elapsed: %(System.clock - start)")
