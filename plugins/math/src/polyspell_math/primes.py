"""Number theory: divisibility, primes, and arithmetic in remainders."""

from __future__ import annotations

import math
import random

from polyspell_math.numbers import fail
from polyspell_math.work import MAX_BITS, Work, items, refuse

MAX_PRIME_BITS = 2048
"""Numbers that are asked about primes have at most so many bits."""
_SMALL = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)
_SURE = 3317044064679887385961981  # below it these thirteen bases decide; Sorenson and Webster 2015


def is_prime(n: int) -> bool:
    """Whether n is prime: for certain below 3.3e24, beyond it but for a chance of 4^-40."""
    if n < 2:
        return False
    _size(n)
    if any(n % p == 0 for p in _SMALL):
        return n in _SMALL
    if n < _SURE:
        return all(_may_be_prime(n, base) for base in _SMALL)
    dice = random.Random(n)
    return all(_may_be_prime(n, dice.randrange(2, n - 1)) for _ in range(40))


def _may_be_prime(n: int, base: int) -> bool:
    """Miller and Rabin's test."""
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    x = pow(base, (n - 1) >> twos, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def _size(n: int) -> None:
    if n.bit_length() > MAX_PRIME_BITS:
        refuse("bits", MAX_PRIME_BITS, f"The number has more than {MAX_PRIME_BITS} bits.")


def next_prime(n: int, work: Work) -> int:
    """The first prime above n."""
    n = max(n + 1, 2)
    while not is_prime(n):
        for _ in range(64):  # a test of a large number is a long step
            work.step()
        n += 1
    return n


def primes(low: int, high: int, work: Work) -> list[int]:
    """The primes from low to high, both included."""
    found: list[int] = []
    n = max(low, 2) - 1
    while (n := next_prime(n, work)) <= high:
        items(len(found) + 1)
        found.append(n)
    return found


def factors(n: int, work: Work) -> list[int]:
    """The prime factors of n, from the least, each as often as it divides.

    Raises:
        ToolError: n is less than 1.
        LimitExceeded: it cannot be found out in the time there is.
    """
    if n < 1:
        raise fail("Only numbers from 1 can be factored.")
    _size(n)
    found: list[int] = []
    for p in range(2, 1000):
        while n % p == 0:
            found.append(p)
            n //= p
    waiting = [n] if n > 1 else []
    while waiting:
        m = waiting.pop()
        if is_prime(m):
            found.append(m)
        else:
            divisor = _divisor(m, work)
            waiting += [divisor, m // divisor]
    return sorted(found)


def _divisor(n: int, work: Work) -> int:
    """A divisor of a number that is not prime: Pollard's rho, as Brent walks it."""
    root = math.isqrt(n)
    if root * root == n:
        return root
    for c in range(1, 100):
        slow = fast = 2
        divisor = 1
        while divisor == 1:
            work.step()
            slow = (slow * slow + c) % n
            fast = (fast * fast + c) % n
            fast = (fast * fast + c) % n
            divisor = math.gcd(slow - fast, n)
        if divisor != n:
            return divisor
    raise fail(f"No divisor of {n} was found.")


def powers(n: int, work: Work) -> list[list[int]]:
    """The factors of n as pairs of a prime and its power."""
    found = factors(n, work)
    return [[p, found.count(p)] for p in dict.fromkeys(found)]


def divisors(n: int, work: Work) -> list[int]:
    """All divisors of n, from the least."""
    found = [1]
    for p, exponent in powers(n, work):
        items(len(found) * (exponent + 1))
        found = [d * p**e for d in found for e in range(exponent + 1)]
    return sorted(found)


def totient(n: int, work: Work) -> int:
    """How many of 1 to n have no divisor in common with n (Euler's phi)."""
    for p, _ in powers(n, work):
        n = n // p * (p - 1)
    return n


def power_mod(base: int, exponent: int, modulus: int) -> int:
    """base^exponent modulo modulus; a negative exponent inverts."""
    if modulus == 0:
        raise fail("Division by zero.")
    if exponent.bit_length() > MAX_PRIME_BITS or modulus.bit_length() > MAX_PRIME_BITS:
        refuse("bits", MAX_PRIME_BITS, f"A number has more than {MAX_PRIME_BITS} bits.")
    try:
        return pow(base, exponent, modulus)
    except ValueError:
        raise fail(f"{base} has no inverse modulo {modulus}.") from None


def inverse_mod(n: int, modulus: int) -> int:
    """The number that n times gives 1 modulo modulus."""
    return power_mod(n, -1, modulus)


def factorial(n: int) -> int:
    """1 * 2 * ... * n."""
    if n < 0:
        raise fail("A negative number has no factorial.")
    if n > 1400:  # 1400! has 3,799 digits
        refuse("digits", 4000, f"{n}! has more than 4000 digits.")
    return math.factorial(n)


def choose(n: int, k: int) -> int:
    """In how many ways k of n can be chosen."""
    if n < 0 or k < 0:
        raise fail("Numbers of things are not negative.")
    few = min(k, n - k)
    if few > 0 and few * max(n.bit_length() - few.bit_length() + 2, 1) > 2 * MAX_BITS:
        refuse("digits", 4000, "The result may have more than 4000 digits.")
    return math.comb(n, k)


def arrange(n: int, k: int) -> int:
    """In how many orders k of n can be put."""
    if n < 0 or k < 0:
        raise fail("Numbers of things are not negative.")
    if k <= n and k * n.bit_length() > 2 * MAX_BITS:
        refuse("digits", 4000, "The result may have more than 4000 digits.")
    return math.perm(n, k)


def fibonacci(n: int) -> int:
    """The n-th of 0, 1, 1, 2, 3, 5, ..."""
    if n < 0:
        raise fail("Fibonacci's numbers begin with the 0th.")
    if n > MAX_BITS:
        refuse("digits", 4000, f"Fibonacci's {n}th number has too many digits.")
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def gcd(*numbers: int) -> int:
    """The greatest common divisor."""
    return math.gcd(*numbers)


def lcm(*numbers: int) -> int:
    """The least common multiple."""
    whole = 1
    for n in numbers:
        whole = math.lcm(whole, n)
        if whole.bit_length() > MAX_BITS:
            refuse("digits", 4000, "The result has more than 4000 digits.")
    return whole


def digits(n: int, base: int) -> str:
    """A whole number in another base, of 2 to 36."""
    if not 2 <= base <= 36:
        raise fail("A base is 2 to 36.")
    if n.bit_length() > MAX_BITS:
        refuse("digits", 4000, "The number has more than 4000 digits.")
    rest, found = abs(n), ""
    while rest or not found:
        rest, digit = divmod(rest, base)
        found = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + found
    return f"-{found}" if n < 0 else found
