/** Text as it may stand in HTML, also in an attribute's value. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Attributes of a tag; those without a value are left out. */
export function attributes(values: Record<string, string | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')
}

/**
 * A whole page. Its style is the only one that a policy with the nonce lets through.
 * @param page `leadsTo`: the address that browsers go to from it by themselves.
 */
export const document = (
  { title, style, body, leadsTo }: { title: string; style: string; body: string; leadsTo?: string | undefined },
  lang: string,
  nonce: string,
): string => `<!doctype html>
<html${attributes({ lang })}>
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title}</title>${leadsTo === undefined ? '' : `\n    <meta${attributes({ 'http-equiv': 'refresh', content: `0; url=${leadsTo}` })}>`}
    <style nonce="${nonce}">
      ${style}
    </style>
  </head>
  <body>
    ${body}
  </body>
</html>
`
