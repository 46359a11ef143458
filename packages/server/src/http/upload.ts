import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'
import type { UploadedFile } from './context.js'
import { isUnstorable } from './json.js'

/** What a multipart request may hold. */
export const uploadLimits = { fileSize: 256 * 1024 * 1024, files: 1, fields: 20, fieldSize: 64 * 1024, parts: 21 }

/**
 * Reads the text fields up to the file, which then streams. Text after the file comes too late and is not read.
 * @param name The field that carries the file.
 */
export async function readUpload(
  request: FastifyRequest,
  name: string,
): Promise<{ fields: Record<string, unknown>; file: UploadedFile }> {
  const part = await request.file({ limits: uploadLimits })
  if (!part || part.fieldname !== name) {
    throw new Failure('invalid_request', `Send a file in the field ${name}.`, [{ path: name, message: 'is missing' }])
  }
  // Past the limit the reader would only cut the file off, and a part of it would pass for the whole.
  part.file.once('limit', () => part.file.destroy(new Failure('too_large', 'The file is larger than 256 MB.')))
  return { fields: textFields(part), file: { name: part.filename, stream: part.file } }
}

/** Lets the rest of a refused upload run by, so that the asker gets to read the answer on this connection. */
export function skipRest(request: FastifyRequest, file: UploadedFile | null): void {
  file?.stream.on('error', () => {}).resume()
  request.raw.resume()
}

/** A field sent twice becomes a list, which no schema of ours accepts. */
function textFields({ fields, fieldname }: MultipartFile): Record<string, unknown> {
  const values = Object.entries(fields).filter(([name]) => name !== fieldname)
  return Object.fromEntries(
    values.map(([name, field]) => {
      const texts = [field].flat().map((one) => (one?.type === 'field' && !one.valueTruncated ? one.value : undefined))
      if (texts.some((text) => typeof text !== 'string' || isUnstorable(text)))
        throw new Failure('invalid_request', `The field ${name} must be plain text of at most 64 KB.`)
      return [name, texts.length === 1 ? texts[0] : texts]
    }),
  )
}
