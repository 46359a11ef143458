/** Icons of the parts that come on demand; see ../icons.ts. */
export const closeIcon = 'M18 6 6 18M6 6l12 12'
export const copyIcon =
  'M10 8h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM4.5 16A2 2 0 0 1 3 14V5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 1.5'
export const eyeIcon =
  'M2.5 12S6 5.5 12 5.5s9.5 6.5 9.5 6.5-3.5 6.5-9.5 6.5S2.5 12 2.5 12ZM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6Z'
export const eyeOffIcon =
  'M10.6 5.6a9.9 9.9 0 0 1 1.4-.1c6 0 9.5 6.5 9.5 6.5a16 16 0 0 1-2.1 2.9M6.6 6.9A15 15 0 0 0 2.5 12s3.5 6.5 9.5 6.5a9.5 9.5 0 0 0 5.4-1.7M9.9 10a2.8 2.8 0 0 0 4 4M3 3l18 18'
export const locateIcon = 'M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M12 18.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z'
export const moreIcon = 'M5 11.5v1M12 11.5v1M19 11.5v1M4.5 12h1M11.5 12h1M18.5 12h1'
export const searchIcon = 'm20.5 20.5-4.4-4.4M11 18.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z'
