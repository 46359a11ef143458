import { expect, it } from 'vitest'
import { heardOf } from './grants.js'

it('a page hears what happened to which message, and never by which name others know a member', () => {
  const [message, channel, member] = ['a-message', 'a-channel', 'a-member']
  expect(heardOf('message.created', message, channel)).toEqual({ id: message, channelId: channel })
  expect(heardOf('leaderboard.changed', 'a-board', undefined)).toEqual({ id: 'a-board', channelId: undefined })
  for (const type of ['balance.changed', 'milestone.changed', 'social.changed'])
    expect(heardOf(type, member, undefined)).toEqual({ id: null, channelId: undefined })
})
