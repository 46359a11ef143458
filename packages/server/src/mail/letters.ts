import type { BackAbout } from '../db/tables.js'
import { escaped } from '../pages/html.js'
import type { Letter } from './transport.js'

/** One thing to say, and one place to go. */
interface Content {
  subject: string
  text: string
  button: { label: string; url: string }
  /** What it means when it comes unasked. */
  otherwise: string
}

/** A letter in plain text and in HTML, which says the same. It loads nothing, so that nobody learns that it was read. */
function letter(to: string, { subject, text, button, otherwise }: Content): Letter {
  const action = `<p style="margin:24px 0"><a href="${escaped(button.url)}" style="display:inline-block;padding:10px 20px;border-radius:6px;background:#2f6b4f;color:#fff;text-decoration:none">${escaped(button.label)}</a></p>`
  return {
    to,
    subject,
    text: `${[text, `${button.label}:\n${button.url}`, otherwise].join('\n\n')}\n`,
    html: `<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:480px;margin:0 auto">
<p style="margin:0 0 16px">${escaped(text)}</p>
${action}
<p style="margin:0;opacity:.7;font-size:14px">${escaped(otherwise)}</p>
</div>
</body>
</html>
`,
  }
}

export const letters = {
  back: (to: string, { item, community, page }: BackAbout): Letter =>
    letter(to, {
      subject: `${item} is back`,
      text: `${community} was asked to tell you when this is back: ${item}. It is there now, as long as there is one left.`,
      button: { label: 'See it in the store', url: page },
      otherwise: 'It was asked for once: nothing more comes of it. If you have it already, there is nothing to do.',
    }),
  invited: (to: string, { community, url }: { community: string; url: string }): Letter =>
    letter(to, {
      subject: `You are a member of ${community}`,
      text: `${community} has made you a member. Choose a password within 7 days, and you can sign in with this address.`,
      button: { label: 'Choose a password', url },
      otherwise: 'If this is no community of yours, do nothing: without the link there is no account.',
    }),
  invitedAgain: (to: string, { community, url }: { community: string; url: string }): Letter =>
    letter(to, {
      subject: `You are a member of ${community}`,
      text: `${community} has made you a member. You have an account with this address already: sign in with its password, or set a new one.`,
      button: { label: 'Set a new password', url },
      otherwise: 'If this is no community of yours, do nothing: nobody there can use your account.',
    }),
  confirm: (to: string, url: string): Letter =>
    letter(to, {
      subject: 'Confirm your address',
      text: 'Somebody registered with this address. If it was you, confirm it within 24 hours, and your account is ready.',
      button: { label: 'Confirm the address', url },
      otherwise:
        'If it was not you, do not confirm: the account would have the password of whoever registered. Without the link nothing happens.',
    }),
  alreadyThere: (to: string, url: string): Letter =>
    letter(to, {
      subject: 'You have an account already',
      text: 'Somebody wanted to register with this address, which has an account. Sign in with its password, or set a new one.',
      button: { label: 'Set a new password', url },
      otherwise: 'If this was not you, do nothing: nothing was changed.',
    }),
  reset: (to: string, url: string): Letter =>
    letter(to, {
      subject: 'Set a new password',
      text: 'Somebody wants to set a new password for your account. The link is good for 30 minutes.',
      button: { label: 'Set a new password', url },
      otherwise: 'If this was not you, do nothing: without the link nothing happens.',
    }),
  changed: (to: string, url: string): Letter =>
    letter(to, {
      subject: 'Your password was changed',
      text: 'The password of your account was changed just now, and every device was signed out.',
      button: { label: 'Set another password', url },
      otherwise: 'If this was you, there is nothing to do. If it was not, set another password at once.',
    }),
}
