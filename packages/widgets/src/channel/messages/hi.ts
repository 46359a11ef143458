import shared from '../../shared/messages/hi.js'
import type { Translation } from '../../shared/messages.js'
import type { Words } from './words.js'

export default {
  ...shared,
  signInTitle: 'यहाँ सदस्य बात करते हैं',
  signIn: 'पढ़ने और शामिल होने के लिए साइन इन करें',
  noChannelTitle: 'यह चैनल आपके लिए खुला नहीं है',
  noChannelText: 'हो सकता है यह दूसरों के लिए हो, या अब न रहा हो।',
  log: 'संदेश',
  beginning: 'बात यहीं से शुरू होती है',
  emptyTitle: 'अभी तक कुछ नहीं कहा गया',
  emptyText: 'पहला संदेश आप लिखें।',
  emptyQuiet: 'यहाँ जो कहा जाएगा, अपने आप दिखेगा।',
  unread: 'नया',
  edited: 'बदला गया',
  deleted: 'यह संदेश हटा दिया गया',
  goneName: 'कोई जो जा चुका है',
  answers: '{name} को जवाब',
  viaApi: 'स्वचालित',
  toLatest: 'सबसे नए संदेशों पर जाएँ',
  newMessages: { one: '{count} नया संदेश', other: '{count} नए संदेश' },
  sending: 'भेजा जा रहा है',
  waiting: 'कनेक्शन मिलते ही भेजा जाएगा',
  said: '{name}: {text}',
  saidMany: { one: '{count} नया संदेश', other: '{count} नए संदेश' },
  typingOne: '{name} लिख रहे हैं…',
  typingTwo: '{name} और {other} लिख रहे हैं…',
  typingMany: 'कई लोग लिख रहे हैं…',
  someone: 'कोई',
} satisfies Translation<Words>
