import { expect, fixture, html } from '@open-wc/testing'
import { render } from 'lit'
import { shiftsDuring, textOf, until, world } from '../../../../test/helpers/browser.js'
import { avatar } from './avatar.js'

/** An avatar where elements have theirs: among their styles. */
async function drawn(avatarUrl: string | null) {
  const element = await fixture<HTMLElement>(html`<rai-leaderboard></rai-leaderboard>`)
  const box = document.createElement('div')
  element.shadowRoot!.querySelector('.base')!.append(box)
  render(avatar({ id: 'one', name: 'Ada Lovelace', avatarUrl }), box)
  return { face: box.querySelector<HTMLElement>('.avatar')!, picture: box.querySelector('img') }
}

describe('an avatar', () => {
  it('shows initials where a picture is not to be had, in a box that never moves', async () => {
    const { face: bare } = await drawn(null)
    const shifts = await shiftsDuring(async () => {
      const { face, picture } = await drawn(`${world.apiUrl}/avatars/no-such/picture.webp`)
      const before = JSON.stringify(face.getBoundingClientRect())
      expect(textOf(face)).to.equal('AL')
      await until(() => getComputedStyle(picture!).opacity === '0', 'end of the broken picture')
      expect(JSON.stringify(face.getBoundingClientRect())).to.equal(before)
      expect([face.offsetWidth, face.offsetHeight]).to.deep.equal([bare.offsetWidth, bare.offsetHeight])
    })
    expect(shifts).to.deep.equal([])
  })

  it('asks for a picture late, and tells nobody who looks at it where', async () => {
    const { picture } = await drawn(`${world.apiUrl}/avatars/no-such/picture.webp`)
    expect(picture!.loading).to.equal('lazy')
    expect(picture!.referrerPolicy).to.equal('no-referrer')
    expect(picture!.alt).to.equal('')
  })
})
