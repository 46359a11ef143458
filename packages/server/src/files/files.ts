import type { Config } from '../config.js'
import { inBucket } from './bucket.js'
import { inFolder } from './folder.js'

/** Where uploaded files lie, once they were made ours. A name is given once and means the same bytes for ever. */
export interface Files {
  /** @param name Names with `/` between them, of letters, digits, `-` and `.`. */
  put(name: string, content: Buffer): Promise<void>
  /** Undefined for what is not there. */
  read(name: string): Promise<Buffer | undefined>
  /** Safe to repeat. */
  remove(name: string): Promise<void>
}

/** The bucket that the operator names, or a folder of the data directory. */
export const openFiles = ({ s3, dataDir }: Pick<Config, 's3' | 'dataDir'>): Files =>
  s3 ? inBucket(s3) : inFolder(dataDir)
