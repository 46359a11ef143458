/** An element with a class, holding texts and other elements. What comes from outside is only ever text. */
export function make(name, className, ...content) {
  const element = document.createElement(name)
  if (className) element.className = className
  element.append(...content)
  return element
}

/** A name or a text of somebody's, in whichever direction it runs. */
export const named = (text) => make('bdi', '', text)

/** What may be long: keys scroll it as well. */
export function raw(...content) {
  const element = make('pre', '', ...content)
  element.tabIndex = 0
  return element
}

/** When something was, to the second. */
export function clock(at) {
  const time = make('time', '', new Date(at).toLocaleTimeString('en-GB'))
  time.dateTime = at
  return time
}

/** Headers and body, as they were sent. */
export const request = (headers, body) =>
  raw(...Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`), '\n', body)
