/** How many times a test does something: more often under `npm run test:long`. */
export const times = (usually: number, long: number): number => (process.env.RAI_LONG ? long : usually)
