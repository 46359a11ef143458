import type { Translation } from '../messages.js'
import type { words } from '../on-demand/states.js'
import type en from './en.js'

export default {
  loading: 'लोड हो रहा है',
  retry: 'फिर कोशिश करें',
  reference: 'संदर्भ {id}',
  asOf: '{time} तक',
  networkTitle: 'कनेक्शन नहीं है',
  networkText: 'अपना कनेक्शन जाँचें और फिर कोशिश करें।',
  busyTitle: 'अभी बहुत भीड़ है',
  busyText: 'इस समय यहाँ बहुत लोग हैं। थोड़ी देर में फिर कोशिश करें।',
  forbiddenTitle: 'यहाँ उपलब्ध नहीं',
  forbiddenText: 'इस पेज को यह दिखाने की अनुमति नहीं है।',
  excludedTitle: 'आप अभी हिस्सा नहीं ले सकते',
  excludedText: 'इस समुदाय की टीम आपको इसका कारण बता सकती है।',
  missingTitle: 'यहाँ कुछ नहीं है',
  missingText: 'हो सकता है इसे हटाया या कहीं और ले जाया गया हो।',
  brokenTitle: 'यह नहीं हो सका',
  brokenText: 'समस्या हमारी ओर से है। थोड़ी देर में फिर कोशिश करें।',
} satisfies Translation<typeof en & typeof words>
