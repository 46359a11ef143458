import type { Translation } from '../messages.js'
import type { words } from '../on-demand/states.js'
import type en from './en.js'

export default {
  loading: 'Lädt',
  retry: 'Erneut versuchen',
  reference: 'Kennung {id}',
  asOf: 'Stand {time}',
  networkTitle: 'Keine Verbindung',
  networkText: 'Prüfe deine Verbindung und versuche es noch einmal.',
  busyTitle: 'Gerade viel los',
  busyText: 'Im Moment sind sehr viele Leute hier. Versuche es gleich noch einmal.',
  forbiddenTitle: 'Hier nicht verfügbar',
  forbiddenText: 'Diese Seite darf das nicht anzeigen.',
  excludedTitle: 'Du kannst gerade nicht mitmachen',
  excludedText: 'Das Team dieser Community kann dir sagen, warum.',
  missingTitle: 'Hier ist nichts',
  missingText: 'Vielleicht wurde es verschoben oder entfernt.',
  brokenTitle: 'Das hat nicht geklappt',
  brokenText: 'Das Problem liegt bei uns. Versuche es gleich noch einmal.',
} satisfies Translation<typeof en & typeof words>
