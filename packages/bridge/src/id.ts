/** A name that nobody can guess. `crypto.randomUUID` is not there on pages that came by http. */
export const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')
