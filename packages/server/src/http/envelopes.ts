import { type ErrorCode, errors, Facts, type Route } from '@rai/contract'
import { z } from 'zod'
import { type Failure, shownDetails } from '../domain/failure.js'
import { statusOf } from './errors.js'

/** How a family wraps what it says, each form beside its schema. */
export interface Envelope {
  success(route: Route, answer: unknown, meta: Readonly<Record<string, number>>): unknown
  successSchema(route: Route, answer: z.ZodType): z.ZodType
  refusal(failure: Failure, requestId: string): object
  refusalSchema: z.ZodType
  refusalMedia: 'application/json' | 'application/problem+json'
}

const Code = z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]).meta({ id: 'ErrorCode' })
const Details = z.array(z.strictObject({ path: z.string(), message: z.string() })).meta({
  id: 'ErrorDetails',
  description: `What is wrong, each with its dotted path: the first ${shownDetails}, and then whether there is more`,
})
const parts = { code: Code, requestId: z.string().meta({ description: 'Quote it when you report the error' }) }

const detailsOf = ({ details }: Failure) => (details.length > 0 ? { details } : {})
const factsOf = ({ facts }: Failure) => (Object.keys(facts).length > 0 ? { facts } : {})

/** The bare answer; a refusal as RFC 9457 writes it. Clients decide on `type` or `code`, the sentences are for people. */
export const bare: Envelope = {
  success: (_route, answer) => answer,
  successSchema: (_route, answer) => answer,
  refusal: (failure, requestId) => ({
    type: `urn:rai:error:${failure.code}`,
    title: errors[failure.code].message,
    status: statusOf(failure),
    detail: failure.message,
    code: failure.code,
    requestId,
    ...detailsOf(failure),
    ...factsOf(failure),
  }),
  refusalSchema: z
    .strictObject({
      type: z.string().meta({ example: 'urn:rai:error:not_found' }),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      ...parts,
      details: Details.optional(),
      facts: Facts.optional(),
    })
    .meta({ id: 'Problem' }),
  refusalMedia: 'application/problem+json',
}

/** `{ status, message, data }`, as documented for the community's back-ends. */
export const statement: Envelope = {
  success: ({ message }, answer) => ({ status: 'success', message, data: answer }),
  successSchema: ({ message = '' }, answer) =>
    z.strictObject({ status: z.literal('success'), message: z.literal(message), data: answer }),
  refusal: (failure, requestId) => ({
    status: 'error',
    message: failure.message,
    code: failure.code,
    requestId,
    ...detailsOf(failure),
  }),
  refusalSchema: z
    .strictObject({ status: z.literal('error'), message: z.string(), ...parts, details: Details.optional() })
    .meta({ id: 'Refusal' }),
  refusalMedia: 'application/json',
}

const count = z.int().min(0).optional()

/** `{ meta, message, data }`, as documented for what operators configure. */
export const withMeta: Envelope = {
  success: ({ message, status = 200 }, answer, meta) => ({
    meta: { status: 'success', statusCode: status, ...meta },
    message,
    data: answer,
  }),
  successSchema: ({ message = '', status = 200 }, answer) =>
    z.strictObject({
      meta: z.strictObject({
        status: z.literal('success'),
        statusCode: z.literal(status),
        page: count,
        limit: count,
        total: count,
      }),
      message: z.literal(message),
      data: answer,
    }),
  refusal: (failure, requestId) => ({
    meta: { status: 'error', statusCode: statusOf(failure), code: failure.code, requestId },
    message: failure.message,
    data: null,
    ...detailsOf(failure),
  }),
  refusalSchema: z
    .strictObject({
      meta: z.strictObject({ status: z.literal('error'), statusCode: z.int(), ...parts }),
      message: z.string(),
      data: z.null(),
      details: Details.optional(),
    })
    .meta({ id: 'MetaRefusal' }),
  refusalMedia: 'application/json',
}

const Said = { message: z.string(), devMessage: z.string() }

/** `{ meta, body }`, as documented for the oldest operations. What it says to people and to developers is the same. */
export const withBody: Envelope = {
  success: ({ message }, answer) => ({ meta: { success: true, message, devMessage: message }, body: answer }),
  successSchema: ({ message = '' }, answer) =>
    z.strictObject({
      meta: z.strictObject({ success: z.literal(true), message: z.literal(message), devMessage: z.literal(message) }),
      body: answer,
    }),
  refusal: (failure, requestId) => ({
    meta: {
      success: false,
      message: failure.message,
      devMessage: failure.message,
      code: failure.code,
      requestId,
    },
    body: null,
    ...detailsOf(failure),
  }),
  refusalSchema: z
    .strictObject({
      meta: z.strictObject({ success: z.literal(false), ...Said, ...parts }),
      body: z.null(),
      details: Details.optional(),
    })
    .meta({ id: 'BodyRefusal' }),
  refusalMedia: 'application/json',
}

/** The answer beside `error: false`, as documented for Secure Auth. */
export const flagged: Envelope = {
  success: (_route, answer) => ({ error: false, ...(answer as object) }),
  successSchema: (_route, answer) => (answer as z.ZodObject).extend({ error: z.literal(false) }),
  refusal: (failure, requestId) => ({
    error: true,
    message: failure.message,
    code: failure.code,
    requestId,
    ...detailsOf(failure),
  }),
  refusalSchema: z
    .strictObject({ error: z.literal(true), message: z.string(), ...parts, details: Details.optional() })
    .meta({ id: 'FlaggedRefusal' }),
  refusalMedia: 'application/json',
}
