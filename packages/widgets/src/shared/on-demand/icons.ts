import { html, type TemplateResult, unsafeCSS } from 'lit'
import css from './icons.styles.css?inline'

/** How icons look, and buttons that are one. */
export const iconStyles = unsafeCSS(css)

/** Stroke icons on a grid of 24, in the manner of Lucide: one path each, so that a bundle holds only those it draws. */
export const alertIcon = 'M12 7.5v5M12 16.2h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z'
export const backIcon = 'm14.5 6-6 6 6 6'
export const bagIcon = 'M5.5 8h13l1 12.5h-15L5.5 8ZM8.5 10.5V7a3.5 3.5 0 0 1 7 0v3.5'
export const bellIcon = 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5a2.2 2.2 0 0 0 4 0'
export const checkIcon = 'm4.5 12.5 5 5 10-11'
export const clockIcon = 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.2 2'
export const closeIcon = 'M18 6 6 18M6 6l12 12'
export const copyIcon =
  'M10 8h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM4.5 16A2 2 0 0 1 3 14V5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 1.5'
export const downIcon = 'M12 5.5v13M6.5 13l5.5 5.5 5.5-5.5'
export const eyeIcon =
  'M2.5 12S6 5.5 12 5.5s9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12ZM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6Z'
export const eyeOffIcon =
  'M10.6 5.6a9.9 9.9 0 0 1 1.4-.1c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.1 2.9M6.6 6.9A15 15 0 0 0 2.5 12s3.5 6.5 9.5 6.5a9.5 9.5 0 0 0 5.4-1.7M9.9 10a2.8 2.8 0 0 0 4 4M3 3l18 18'
export const filterIcon =
  'M3.5 7h9M17.5 7h3M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM3.5 17h3M11.5 17h9M9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z'
export const flagIcon = 'M5.5 21V3.5M5.5 4.5c4-2 7 2 13 0v9c-6 2-9-2-13 0'
export const forwardIcon = 'm9.5 6 6 6-6 6'
export const heartIcon =
  'M12 20S3.5 15 3.5 8.8A4.3 4.3 0 0 1 7.8 4.5c1.8 0 3.3.9 4.2 2.4.9-1.5 2.4-2.4 4.2-2.4a4.3 4.3 0 0 1 4.3 4.3C20.5 15 12 20 12 20Z'
export const leaveIcon = 'M9.5 20.5h-4a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2h4M16 16.5l4.5-4.5L16 7.5M20.5 12h-11'
export const locateIcon = 'M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M12 18.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z'
export const lockIcon = 'M5 11h14v9.5H5V11ZM8 11V7.5a4 4 0 0 1 8 0V11'
export const moreIcon = 'M5 11.5v1M12 11.5v1M19 11.5v1M4.5 12h1M11.5 12h1M18.5 12h1'
export const offlineIcon =
  'M12 19.5h.01M8.6 16a5 5 0 0 1 6.8 0M5 12.5a10 10 0 0 1 5.2-2.6M19 12.5a10 10 0 0 0-2.2-1.6M2 8.8a15 15 0 0 1 4.2-2.6M22 8.8A15 15 0 0 0 10.7 5M3 3l18 18'
export const openIcon = 'm6 9.5 6 6 6-6'
export const outIcon = 'M14 4h6v6M20 4l-9.5 9.5M18.5 14v5.5h-14v-14H10'
export const qrIcon = 'M4 4h6v6H4V4ZM14 4h6v6h-6V4ZM4 14h6v6H4v-6ZM14 14h2.5v2.5H14V14ZM20 14v.01M20 20v-2.5M17 20h-3'
export const receiptIcon = 'M5.5 21V3.5h13V21l-2.2-1.6-2.1 1.6-2.2-1.6L9.8 21l-2.1-1.6L5.5 21ZM9 8.5h6M9 12.5h6'
export const retryIcon = 'M20 12a8 8 0 1 1-2.3-5.6L20 8.5M20 4v4.5h-4.5'
export const searchIcon = 'm20.5 20.5-4.4-4.4M11 18.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z'
export const shareIcon = 'M12 14.5V3.5M8 7l4-3.5L16 7M5 11.5v7a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-7'
export const trophyIcon =
  'M8.5 20.5h7M12 16.5v4M7 4h10v5.5a5 5 0 0 1-10 0V4ZM7 6H4v1.3a3.5 3.5 0 0 0 3.3 3.5M17 6h3v1.3a3.5 3.5 0 0 1-3.3 3.5'
export const upIcon = 'M12 18.5v-13M6.5 11 12 5.5l5.5 5.5'

/** Draws an icon. It is never the only name of a thing: a text stands beside it or on the control around it. */
export const icon = (path: string, turns = false): TemplateResult =>
  html`<svg class=${turns ? 'icon turns' : 'icon'} viewBox="0 0 24 24" aria-hidden="true"><path d=${path}></path></svg>`
