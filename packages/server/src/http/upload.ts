import type { Readable } from 'node:stream'
import type { MultipartFile, MultipartValue } from '@fastify/multipart'
import { pictureLimit } from '@rai/contract'
import type { FastifyRequest } from 'fastify'
import { Failure } from '../domain/failure.js'
import type { UploadedFile } from './context.js'
import { isUnstorable } from './json.js'

/** What a multipart request may hold. */
export const uploadLimits = { fileSize: 256 * 1024 * 1024, files: 1, fields: 20, fieldSize: 64 * 1024, parts: 21 }

/**
 * Reads the text fields up to the file, which then streams. What stands after the file comes too late to be heeded: the
 * stream fails with it.
 * @param name The field that carries the file.
 * @param fileSize The most that the file may weigh, in bytes.
 */
export async function readUpload(
  request: FastifyRequest,
  name: string,
  fileSize: number = uploadLimits.fileSize,
): Promise<{ fields: Record<string, unknown>; file: UploadedFile }> {
  if (!request.isMultipart())
    throw new Failure('unsupported_media_type', `Send multipart/form-data with the file in the field ${name}.`)
  const fields = gatherFields()
  try {
    const parts = request.parts({ limits: { ...uploadLimits, fileSize } })
    // Not `for await`, which would close the reader as it is left: it has to go on behind the file.
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const part = next.value
      if (part.type === 'file') return { fields: fields.all(), file: takeFile(part, name, fileSize, parts) }
      fields.add(part)
    }
    throw missing(name)
  } catch (error) {
    throw toRefusal(error)
  }
}

/**
 * Reads a whole form that may hold pictures, in any order.
 * @param names The fields that may each carry one.
 */
export async function readForm(
  request: FastifyRequest,
  names: readonly string[],
): Promise<{ fields: Record<string, unknown>; pictures: Record<string, Buffer> }> {
  const fields = gatherFields()
  const pictures: Record<string, Buffer> = {}
  try {
    const limits = { ...uploadLimits, fileSize: pictureLimit, files: names.length }
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') fields.add(part)
      else if (names.includes(part.fieldname)) pictures[part.fieldname] = await part.toBuffer()
      else
        throw new Failure('invalid_request', `The field ${part.fieldname} must be text.`, [
          { path: part.fieldname, message: 'must be text' },
        ])
    }
    return { fields: fields.all(), pictures }
  } catch (error) {
    throw toRefusal(error)
  }
}

/** The text fields of a form. One that is sent twice becomes a list, which no schema of ours accepts. */
function gatherFields() {
  const fields = new Map<string, string[]>()
  return {
    add(part: MultipartValue): void {
      fields.set(part.fieldname, [...(fields.get(part.fieldname) ?? []), textOf(part)])
    },
    all: (): Record<string, unknown> =>
      Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
  }
}

type Parts = AsyncIterable<MultipartFile | MultipartValue>

const missing = (name: string) =>
  new Failure('invalid_request', `Send a file in the field ${name}.`, [{ path: name, message: 'is missing' }])

function takeFile(part: MultipartFile, name: string, fileSize: number, behind: Parts): UploadedFile {
  const { fieldname, filename, file } = part
  if (fieldname !== name) throw missing(name)
  // Past the limit the reader would only cut the file off, and a part of it would pass for the whole.
  file.once('limit', () =>
    file.destroy(new Failure('too_large', `The file is larger than ${fileSize / 1024 / 1024} MB.`)),
  )
  // A part may be a file by its type alone.
  return { name: filename ?? '', stream: readToEnd(file, behind) }
}

async function* readToEnd(file: Readable, behind: Parts): AsyncGenerator<Uint8Array> {
  try {
    yield* file
    for await (const { fieldname } of behind)
      throw new Failure('invalid_request', `The field ${fieldname} stands after the file. Send the file last.`, [
        { path: fieldname, message: 'stands after the file' },
      ])
  } catch (error) {
    throw toRefusal(error)
  }
}

function textOf({ fieldname, value, valueTruncated }: MultipartValue): string {
  if (typeof value !== 'string' || valueTruncated || isUnstorable(value))
    throw new Failure('invalid_request', `The field ${fieldname} must be plain text of at most 64 KB.`)
  return value
}

/** What the multipart reader throws without a code of its own says that the body is not what it should be. */
const toRefusal = (error: unknown): unknown =>
  error instanceof Failure || (error instanceof Error && 'code' in error)
    ? error
    : new Failure('invalid_request', 'The multipart body is damaged or was cut off.')

/** Lets what nobody wants to read run by, so that the asker gets to the answer and the connection goes on. */
export function skipRest({ raw }: FastifyRequest): void {
  raw.unpipe().resume()
}
