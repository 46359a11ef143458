/** The address if it leads to the web, else nothing: Lit sets a `javascript:` link as it stands, and it would run on click. */
export const webUrl = (address: string | null | undefined): string | undefined =>
  address && /^https?:\/\//i.test(address) ? address : undefined
