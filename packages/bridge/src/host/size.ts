/** Whether a value is no larger than so many bytes, roughly. It looks at no more of it than that. */
export function fits(value: unknown, bytes: number): boolean {
  let left = bytes
  const stack = [value]
  while (stack.length > 0 && left >= 0) {
    const one = stack.pop()
    left -= 8
    if (typeof one === 'bigint') return false
    if (typeof one === 'string') left -= one.length
    else if (one instanceof Object) {
      if (!isPlain(one)) return false
      const entries = Object.entries(one)
      left -= entries.length * 8
      if (left >= 0) for (const [name, inner] of entries) stack.push(name, inner)
    }
  }
  return left >= 0
}

/** Buffers, maps and their kind have a size of their own, as the largest of numbers have, and no method takes them. */
const isPlain = (value: object) => Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
