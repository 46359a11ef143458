// Prevents markup that a host page's security policy blocks, or that lets data become code.
import { type Check, files, search } from './check.js'

export const markup: Check = {
  title: 'safe markup',
  run: async () =>
    search(await files(/^packages\/(widgets|stores|loader|bridge)\/src\/.*(?<!\.test)\.ts$/), [
      [/\sstyle=["'$]/, 'style attributes are blocked by style-src; set the property .style or a class'],
      [/\bstyleMap\b/, 'styleMap writes a style attribute on its first render, which style-src blocks'],
      [/\bunsafe(HTML|SVG|MathML|Static)\b/, 'data could become markup'],
      [/\.(innerHTML|outerHTML|srcdoc)\b|insertAdjacentHTML/, 'data could become markup'],
      [/postMessage\([^)]*['"]\*['"]/, 'a message for anyone; name the origin'],
    ]),
}
