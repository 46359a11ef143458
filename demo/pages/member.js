// The member's page of the demo: signs in at the club's own back-end, and has it award points.
const choice = document.querySelector('#member')
const buttons = document.querySelectorAll('button[data-to]')
const said = document.querySelector('#said')

const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body) })

choice.value = choice.dataset.signedIn
choice.addEventListener('change', async () => {
  await post('/session', { member: choice.value })
  location.reload()
})

for (const button of buttons) {
  button.disabled = choice.value === ''
  button.addEventListener('click', async () => {
    const { to, xp } = button.dataset
    const answer = await post('/award', { to, xp: Number(xp) })
    said.textContent = answer.ok ? 'Sent. It is on the board in a moment.' : `That did not work (${answer.status}).`
  })
}
