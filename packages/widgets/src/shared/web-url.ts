/** The address if it leads to the web, else nothing: Lit sets a `javascript:` link as it stands, and it would run on click. */
export function webUrl(address: string | null | undefined): string | undefined {
  const url = address && URL.canParse(address) ? new URL(address) : undefined
  return url && /^https?:$/.test(url.protocol) ? url.href : undefined
}
