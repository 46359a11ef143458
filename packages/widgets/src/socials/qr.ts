import { html, type TemplateResult, unsafeCSS } from 'lit'
import { encode } from 'uqr'
import css from './qr.styles.css?inline'

export const styles = [unsafeCSS(css)]

/** Modules of white that readers want around a code. */
const border = 4

/** An address as a code that a camera reads: dark on white on every surface. It is drawn here, and nobody is asked for it. */
export default function qrCode(address: string, label: string): TemplateResult {
  const { data, size } = encode(address, { border, ecc: 'M' })

  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return html`<svg class="qr" part="qr" role="img" aria-label=${label} viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"
    ><path fill="#fff" d="M0 0h${size}v${size}h-${size}z"></path><path fill="#000" d=${path}></path></svg
  >`
}
