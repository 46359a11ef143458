import { html, type TemplateResult } from 'lit'

/** Stroke icons on a grid of 24, in the manner of Lucide: one path each, so that a bundle holds only those it draws. */
export const alertIcon = 'M12 7.5v5M12 16.2h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z'
export const backIcon = 'm14.5 6-6 6 6 6'
export const clockIcon = 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.2 2'
export const forwardIcon = 'm9.5 6 6 6-6 6'
export const offlineIcon =
  'M12 19.5h.01M8.6 16a5 5 0 0 1 6.8 0M5 12.5a10 10 0 0 1 5.2-2.6M19 12.5a10 10 0 0 0-2.2-1.6M2 8.8a15 15 0 0 1 4.2-2.6M22 8.8A15 15 0 0 0 10.7 5M3 3l18 18'
export const retryIcon = 'M20 12a8 8 0 1 1-2.3-5.6L20 8.5M20 4v4.5h-4.5'
export const trophyIcon =
  'M8.5 20.5h7M12 16.5v4M7 4h10v5.5a5 5 0 0 1-10 0V4ZM7 6H4v1.3a3.5 3.5 0 0 0 3.3 3.5M17 6h3v1.3a3.5 3.5 0 0 1-3.3 3.5'

/** Draws an icon. It is never the only name of a thing: a text stands beside it or on the control around it. */
export const icon = (path: string, turns = false): TemplateResult =>
  html`<svg class=${turns ? 'icon turns' : 'icon'} viewBox="0 0 24 24" aria-hidden="true"><path d=${path}></path></svg>`
