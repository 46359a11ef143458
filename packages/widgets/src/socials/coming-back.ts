/**
 * Calls back once when somebody who left for another tab, window or app is at this page again.
 * @returns Calls it off by `abort()`.
 */
export function onComingBack(back: () => void): AbortController {
  const coming = new AbortController()
  const { signal } = coming
  const done = () => {
    if (document.visibilityState === 'hidden') return
    coming.abort()
    back()
  }
  addEventListener('focus', done, { signal })
  // Apps that show a page in a window of their own never take the focus from it.
  document.addEventListener('visibilitychange', done, { signal })
  return coming
}
