import sharp from 'sharp'
import { wholePicture } from '../domain/pictures/uploads.js'

/** What is to be seen on a picture. */
export interface Motif {
  shape: keyof typeof shapes
  /** In degrees. */
  hue: number
}

/** Each in a square of 100, drawn in white. */
const shapes = {
  tent: '<path d="M50 18 8 84h26l16-28 16 28h26z"/>',
  shirt: '<path d="M34 14 6 34l12 18 10-6v40h44V46l10 6 12-18-28-20q-16 14-32 0z"/>',
  mug: '<path d="M16 24h52v52q0 10-10 10H26q-10 0-10-10zM72 36h6q14 0 14 16t-14 16h-6v-9h5q7 0 7-7t-7-7h-5z"/>',
  leaf: '<path d="M88 12Q20 10 16 56q0 12 6 20L8 92l8 4 14-16q8 4 18 3 40-5 40-71z"/>',
  map: '<path d="M8 24 34 14v62L8 86zM38 14l24 10v62L38 76zM66 24l26-10v62L66 86z"/>',
  peak: '<path d="M4 84 38 24l16 28 10-14 32 46z"/>',
  compass: '<path fill-rule="evenodd" d="M50 8a42 42 0 1 1 0 84 42 42 0 0 1 0-84zM70 28 42 42 30 72l28-14z"/>',
  badge: '<path d="M50 6 62 32l28 4-20 20 5 28-25-13-25 13 5-28-20-20 28-4z"/>',
}

/** A motif as a picture that an upload would have become. */
export async function draw({ shape, hue }: Motif): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240">
    <rect width="320" height="240" fill="hsl(${hue}, 45%, 78%)"/>
    <circle cx="${70 + (hue % 180)}" cy="70" r="34" fill="hsl(${(hue + 40) % 360}, 80%, 92%)"/>
    <path d="M0 170 80 ${90 + (hue % 50)} 150 160 230 ${80 + (hue % 70)} 320 180V240H0z" fill="hsl(${hue}, 35%, 60%)"/>
    <path d="M0 210 110 ${160 + (hue % 30)} 210 210 320 180V240H0z" fill="hsl(${hue}, 42%, 42%)"/>
    <g transform="translate(100 60) scale(1.2)" fill="#fff">${shapes[shape]}</g>
  </svg>`
  const upload = await sharp(Buffer.from(svg)).png({ compressionLevel: 1 }).toBuffer()
  return (await wholePicture(upload))!
}
