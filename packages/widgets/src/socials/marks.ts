import type { SocialNetwork } from '@rai/stores'
import { html, type TemplateResult } from 'lit'

/** What one does on a network, drawn by us on a grid of 24: nobody's logo, and nothing that is fetched. */
const paths: Record<SocialNetwork, string> = {
  x: 'M4 5h16v11h-9l-5 4v-4H4V5ZM8 9h8M8 12h5',
  instagram: 'M4 8h4l1.5-2.5h5L16 8h4v11H4V8ZM12 16.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  facebook:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.5 19a5.5 5.5 0 0 1 11 0M16 5.5a3 3 0 0 1 0 5.2M17 14a5.5 5.5 0 0 1 3.5 5',
  tiktok: 'M9 18V5l9-1.5v12M6.5 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM15.5 18a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  youtube: 'M3.5 6h17v12h-17V6ZM10.5 9.5v5l4-2.5-4-2.5Z',
  twitch: 'M4 4.5h16v10.5h-16V4.5ZM9 19.5h6M12 15v4.5M10.5 8v3.5M13.5 8v3.5',
  discord: 'M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20a8 8 0 0 1 16 0M18 4.5h3M19.5 3v3',
  telegram: 'm3.5 11.5 17-7-3.5 15-5.5-4-3 3-.5-5 8-6',
  reddit: 'm6 14 6-6 6 6M6 19l6-6 6 6M12 4h.01',
  linkedin: 'M4 8.5h16v10.5H4V8.5ZM9 8.5V5h6v3.5M4 13h16',
  github:
    'M7 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM7 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM17 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM7 8.5v7M17 8.5c0 4-10 3-10 7',
  bluesky: 'M7 18a4 4 0 0 1-.5-8 6 6 0 0 1 11.5 1.5A3.3 3.3 0 0 1 17 18H7Z',
  whatsapp: 'M12 20a8 8 0 1 0-7-4l-1 4.5L8.5 19A8 8 0 0 0 12 20ZM9 9.5c0 3 2.5 5.5 5.5 5.5',
  web: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17Z',
}

/** The mark of a network; its name stands beside it. */
export const mark = (network: SocialNetwork): TemplateResult =>
  html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[network] ?? paths.web}></path></svg>`
