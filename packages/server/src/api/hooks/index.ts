import { type families, type HookCall, hookCalls } from '@rai/contract'
import { Failure } from '../../domain/failure.js'
import { moveCurrency, setFields, speak } from '../../domain/hooks/actions.js'
import { once, writeDownRefused } from '../../domain/hooks/calls.js'
import { NotLetIn, useHook } from '../../domain/hooks/hooks.js'
import type { Context, Handlers } from '../../http/context.js'
import { toFailure } from '../../http/errors.js'
import { parsePart } from '../../http/validate.js'
import { namesOf, open } from './open.js'

export { family } from './family.js'

type Key = 'POST /hooks/v1/{hookAddress}'

export const handlers: Handlers<keyof typeof families.hooks> = {
  'POST /hooks/v1/{hookAddress}': async (context) => {
    try {
      return await perform(context)
    } catch (error) {
      await writeDown(context, error)
      throw error
    }
  },
}

/** Lets a call in and does what it asks for, in one transaction with what tells a repeat of it. */
const perform = ({ principal, headers, body, deps, now }: Context<Key>) =>
  deps.database.tenant(principal.communityId, async (tx) => {
    const used = await useHook(tx, deps.rootKey, principal.keyId, now)
    if (!used) throw new NotLetIn('It is gone.')
    const { hook, secrets } = used
    const opened = await open(hook, secrets, { headers, body }, now)
    if (!hook.is_enabled) throw new Failure('conflict', 'This hook is not enabled.')
    const { action } = hook
    const call = parsePart('body', hookCalls[action.kind], opened.value)
    const content = hook.signature === 'stripe' ? null : opened.content
    const effect = (name: string) => {
      // It was read by the schema of its kind.
      switch (action.kind) {
        case 'message':
          return speak(tx, hook, action, call as HookCall<'message'>, name, now)
        case 'fields':
          return setFields(tx, hook, action, call as HookCall<'fields'>, now)
        case 'currency':
          return moveCurrency(tx, hook, call as HookCall<'currency'>, name, now)
      }
    }
    return once(tx, hook, { ...namesOf(opened, (call as { id?: string }).id), content }, effect, now)
  })

/** Nobody hears less of a refusal because it could not be written down. */
async function writeDown({ principal, deps, now }: Context<Key>, error: unknown): Promise<void> {
  const { communityId, keyId: hookId } = principal
  const { code, message } = toFailure(error)
  const reason = error instanceof NotLetIn ? error.reason : message
  try {
    await deps.database.tenant(communityId, async (tx) => {
      if (await useHook(tx, deps.rootKey, hookId, now)) await writeDownRefused(tx, hookId, { code, reason }, now)
    })
  } catch (failure) {
    deps.log.error({ err: failure, communityId, hookId }, 'a refused call could not be written down')
  }
}
