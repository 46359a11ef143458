/** When code counts as failed, in milliseconds. It may still come later, and then it works. */
const patience = 10_000

/**
 * Imports the first of some files; the others are what it imports. All are fetched before that, with one retry, because
 * browsers remember a module that failed, and all that import it, for as long as the page lives.
 */
export const loadCode = <T>(urls: readonly URL[], options?: RequestInit): Promise<T> =>
  Promise.race([
    Promise.all(
      urls.map((url) => {
        const get = async () => {
          const answer = await fetch(url, options)
          if (!answer.ok) throw answer.status
          await answer.blob()
        }
        // Not at once, and not all visitors together: what failed may be a server that has too many.
        const later = () => new Promise((done) => setTimeout(done, 1000 + 1000 * Math.random()))
        return get().catch(() => later().then(get))
      }),
    ).then(() => import(/* @vite-ignore */ `${urls[0]}`)),
    new Promise<never>((_, reject) => setTimeout(reject, patience, 'timeout')),
  ])
