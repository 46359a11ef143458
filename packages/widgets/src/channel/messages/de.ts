import shared from '../../shared/messages/de.js'
import type { Translation } from '../../shared/messages.js'
import type { Words } from './words.js'

export default {
  ...shared,
  signInTitle: 'Hier reden Mitglieder',
  signIn: 'Melde dich an, um mitzulesen und mitzureden',
  noChannelTitle: 'Dieser Kanal steht dir nicht offen',
  noChannelText: 'Vielleicht ist er für andere, oder es gibt ihn nicht mehr.',
  log: 'Nachrichten',
  beginning: 'Hier fängt es an',
  emptyTitle: 'Noch hat niemand etwas gesagt',
  emptyText: 'Mach den Anfang.',
  emptyQuiet: 'Was hier gesagt wird, erscheint von selbst.',
  unread: 'Neu',
  edited: 'bearbeitet',
  deleted: 'Diese Nachricht wurde gelöscht',
  goneName: 'Jemand, der nicht mehr da ist',
  answers: 'Antwort auf {name}',
  viaApi: 'automatisch',
  toLatest: 'Zu den neuesten Nachrichten',
  newMessages: { one: '{count} neue Nachricht', other: '{count} neue Nachrichten' },
  sending: 'Wird gesendet',
  waiting: 'Geht hinaus, sobald es eine Verbindung gibt',
  said: '{name} sagt: {text}',
  saidMany: { one: '{count} neue Nachricht', other: '{count} neue Nachrichten' },
  typingOne: '{name} schreibt…',
  typingTwo: '{name} und {other} schreiben…',
  typingMany: 'Mehrere schreiben…',
  someone: 'Jemand',
} satisfies Translation<Words>
